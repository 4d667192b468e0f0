//! Readers of what is packed byte by byte.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use weezl::BitOrder;
use weezl::decode::{Configuration, Decoder};

/// Apple's PackBits: runs of one byte, and runs of any.
pub(super) struct PackBits {
    data: Bytes,
    left: usize,
    repeated: Option<u8>,
}

impl PackBits {
    pub(super) fn new(data: Bytes) -> Self {
        Self { data, left: 0, repeated: None }
    }
}

impl Read for PackBits {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.left == 0 {
            let Ok(header) = self.data.try_get_i8() else { return Ok(0) };
            match header {
                -128 => {}
                count @ 0.. => (self.left, self.repeated) = (usize::from(count.unsigned_abs()) + 1, None),
                count => {
                    let Ok(byte) = self.data.try_get_u8() else { return Ok(0) };
                    (self.left, self.repeated) = (usize::from(count.unsigned_abs()) + 1, Some(byte));
                }
            }
        }
        let count = self.left.min(buffer.len());
        self.left -= count;
        if let Some(byte) = self.repeated {
            buffer[..count].fill(byte);
            return Ok(count);
        }
        let count = count.min(self.data.len());
        self.data.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

/// LZW as TIFF has it.
pub(super) struct Lzw {
    data: Bytes,
    decoder: Decoder,
}

impl Lzw {
    pub(super) fn new(data: Bytes) -> Self {
        let decoder = Configuration::with_tiff_size_switch(BitOrder::Msb, 8).with_yield_on_full_buffer(true);
        Self { data, decoder: decoder.build() }
    }
}

impl Read for Lzw {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let step = self.decoder.decode_bytes(&self.data, buffer);
            self.data.advance(step.consumed_in);
            step.status.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            if step.consumed_out > 0 || step.consumed_in == 0 {
                return Ok(step.consumed_out);
            }
        }
    }
}
