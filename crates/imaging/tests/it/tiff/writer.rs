//! A writer of TIFF: one picture, of whatever its fields say.

use bytes::Bytes;

/// Values of a field, of the types that TIFF has for them.
#[derive(Clone)]
pub(super) enum Values {
    Bytes(Vec<u8>),
    Shorts(Vec<u16>),
    Longs(Vec<u32>),
    Fractions(Vec<u32>),
}

/// A picture of tiles or strips that are packed already.
#[derive(Clone)]
pub(super) struct Tiff {
    pub(super) size: (u32, u32),
    pub(super) fields: Vec<(u16, Values)>,
    pub(super) chunks: Vec<Vec<u8>>,
    /// How often the one chunk is used: all places in the file are its own.
    pub(super) shared: Option<u32>,
    /// The size of a tile; strips without one.
    pub(super) tile: Option<(u32, u32)>,
    pub(super) rows_per_strip: u32,
    pub(super) big_endian: bool,
    /// The format for files of more than 4 GiB.
    pub(super) big: bool,
}

impl Tiff {
    /// A picture of one strip, with this number of samples of these bits, not compressed.
    pub(super) fn new(size: (u32, u32), photometric: u16, samples: u16, bits: u16, data: Vec<u8>) -> Self {
        let fields = vec![
            (258, Values::Shorts(vec![bits; samples.into()])),
            (259, Values::Shorts(vec![1])),
            (262, Values::Shorts(vec![photometric])),
            (277, Values::Shorts(vec![samples])),
        ];
        Self {
            size,
            fields,
            chunks: vec![data],
            shared: None,
            tile: None,
            rows_per_strip: size.1,
            big_endian: false,
            big: false,
        }
    }

    /// Sets a field of short numbers.
    pub(super) fn with(self, tag: u16, values: &[u16]) -> Self {
        self.field(tag, Values::Shorts(values.to_vec()))
    }

    pub(super) fn field(mut self, tag: u16, values: Values) -> Self {
        self.fields.retain(|(other, _)| *other != tag);
        self.fields.push((tag, values));
        self
    }

    /// Packs all chunks.
    pub(super) fn packed(mut self, compression: u16, pack: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        self.chunks = self.chunks.iter().map(|chunk| pack(chunk)).collect();
        self.with(259, &[compression])
    }

    fn short(&self, value: u16) -> [u8; 2] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn long(&self, value: u32) -> [u8; 4] {
        if self.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    /// An offset or a count.
    fn word(&self, value: usize) -> Vec<u8> {
        let value = u64::try_from(value).unwrap();
        match (self.big, self.big_endian) {
            (true, true) => value.to_be_bytes().to_vec(),
            (true, false) => value.to_le_bytes().to_vec(),
            (false, _) => self.long(value.try_into().unwrap()).to_vec(),
        }
    }

    pub(super) fn write(&self) -> Bytes {
        let mut file = if self.big_endian { b"MM".to_vec() } else { b"II".to_vec() };
        file.extend(self.short(if self.big { 43 } else { 42 }));
        if self.big {
            file.extend([self.short(8), self.short(0)].concat());
        }
        let directory_offset_at = file.len();
        file.extend(self.word(0));
        let mut offsets = Vec::new();
        for chunk in &self.chunks {
            offsets.push(u32::try_from(file.len()).unwrap());
            file.extend(chunk);
        }
        let mut lengths: Vec<u32> =
            self.chunks.iter().map(|chunk| u32::try_from(chunk.len()).unwrap()).collect();
        if let Some(times) = self.shared {
            offsets = offsets.repeat(times.try_into().unwrap());
            lengths = lengths.repeat(times.try_into().unwrap());
        }
        let mut fields = self.fields.clone();
        fields.push((256, Values::Longs(vec![self.size.0])));
        fields.push((257, Values::Longs(vec![self.size.1])));
        if let Some((width, height)) = self.tile {
            fields.push((322, Values::Longs(vec![width])));
            fields.push((323, Values::Longs(vec![height])));
            fields.push((324, Values::Longs(offsets)));
            fields.push((325, Values::Longs(lengths)));
        } else {
            fields.push((273, Values::Longs(offsets)));
            fields.push((278, Values::Longs(vec![self.rows_per_strip])));
            fields.push((279, Values::Longs(lengths)));
        }
        fields.sort_by_key(|(tag, _)| *tag);

        let mut entries = if self.big {
            self.word(fields.len())
        } else {
            self.short(fields.len().try_into().unwrap()).to_vec()
        };
        for (tag, values) in &fields {
            let (kind, count, mut bytes) = match values {
                Values::Bytes(values) => (7, values.len(), values.clone()),
                Values::Shorts(values) => {
                    (3, values.len(), values.iter().flat_map(|&value| self.short(value)).collect())
                }
                Values::Longs(values) => {
                    (4, values.len(), values.iter().flat_map(|&value| self.long(value)).collect())
                }
                Values::Fractions(values) => {
                    let fractions = values.iter().flat_map(|&value| [self.long(value), self.long(1000)]);
                    (5, values.len(), fractions.flatten().collect())
                }
            };
            entries.extend(self.short(*tag));
            entries.extend(self.short(kind));
            entries.extend(self.word(count));
            let room = if self.big { 8 } else { 4 };
            if bytes.len() > room {
                let offset = self.word(file.len());
                file.extend(std::mem::replace(&mut bytes, offset));
            }
            bytes.resize(room, 0);
            entries.extend(bytes);
        }
        entries.extend(self.word(0));
        let directory_offset = self.word(file.len());
        file[directory_offset_at..directory_offset_at + directory_offset.len()]
            .copy_from_slice(&directory_offset);
        file.extend(entries);
        file.into()
    }
}
