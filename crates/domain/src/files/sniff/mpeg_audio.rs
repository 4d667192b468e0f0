//! MPEG audio (MP3 and its kin), AAC, and the ID3 tags before them.

use super::media;

/// Audio behind a tag that is longer than the head: most often MPEG audio. The parameter tells it apart and is no part of the
/// type.
pub(super) const BEHIND_TAG: &str = "audio/mpeg;behind=id3";

/// The type of a stream of audio frames, or of what is behind ID3 tags.
pub(super) fn recognise(head: &[u8]) -> Option<&'static str> {
    let Some(after) = after_tags(head) else { return of_frames(head) };
    let Some(audio) = head.get(after..).filter(|audio| audio.len() >= 4) else { return Some(BEHIND_TAG) };
    let other = media::is_flac(audio).then_some("audio/flac").or_else(|| media::ogg(audio));
    Some(other.or_else(|| of_frames(audio)).unwrap_or(BEHIND_TAG))
}

fn of_frames(head: &[u8]) -> Option<&'static str> {
    if let Some(frame) = Frame::read(head) {
        // The mark of UTF-16 reads as a frame of Layer I: only a second frame tells.
        let is_likely = frame.layer == Layer::Three;
        let is_followed =
            frame.next(head).map(|next| Frame::read(next).is_some_and(|next| next.is_like(&frame)));
        return is_followed.unwrap_or(is_likely).then_some("audio/mpeg");
    }
    let length = adts_length(head)?;
    let is_followed =
        head.get(length..).filter(|next| next.len() >= 7).map(|next| adts_length(next).is_some());
    is_followed.unwrap_or(true).then_some("audio/aac")
}

/// Whether there is one valid frame header, whatever follows.
pub(super) fn begins_with_frame(head: &[u8]) -> bool {
    !head.starts_with(b"\xff\xfe") && Frame::read(head).is_some()
}

/// AAC in one of the wrappings without a magic number of its own (ISO/IEC 14496-3).
pub(super) fn is_adif_or_loas(head: &[u8]) -> bool {
    head.starts_with(b"ADIF") || matches!(head, [0x56, second, ..] if second & 0xe0 == 0xe0)
}

/// The length of an ADTS frame (ISO/IEC 13818-7).
fn adts_length(head: &[u8]) -> Option<usize> {
    let [0xff, sync, rates, _, length_high, length_low, ..] = head else { return None };
    let is_valid = sync & 0xf6 == 0xf0 && (rates >> 2) & 0x0f < 13;
    let high = head.get(3).map_or(0, |byte| usize::from(byte & 3) << 11);
    let length = high | usize::from(*length_high) << 3 | usize::from(length_low >> 5);
    (is_valid && length >= 7).then_some(length)
}

/// Where the ID3v2 tags end; `None` where there is none. A tag's size has seven bits a byte.
fn after_tags(head: &[u8]) -> Option<usize> {
    let mut end = None;
    while let Some([b'I', b'D', b'3', version @ 2..=4, revision, flags, size @ ..]) =
        head.get(end.unwrap_or(0)..)
    {
        let Some(size) = size.first_chunk::<4>() else { break };
        if *revision == 0xff || flags & 0x0f != 0 || size.iter().any(|byte| byte & 0x80 != 0) {
            break;
        }
        let content = size.iter().fold(0, |sum, byte| sum << 7 | usize::from(*byte));
        let footer = if *version == 4 && flags & 0x10 != 0 { 10 } else { 0 };
        end = Some(end.unwrap_or(0) + 10 + content + footer);
    }
    end
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layer {
    One,
    Two,
    Three,
}

/// The header of a frame (ISO/IEC 11172-3, 13818-3, and MPEG 2.5).
struct Frame {
    layer: Layer,
    is_version_1: bool,
    /// Of the sample rate.
    rate: u8,
    /// In bytes; unknown for a free format.
    length: Option<usize>,
}

impl Frame {
    fn read(head: &[u8]) -> Option<Self> {
        let [0xff, second, third, fourth, ..] = head else { return None };
        let layer = match (second >> 1) & 3 {
            1 => Layer::Three,
            2 => Layer::Two,
            3 => Layer::One,
            _ => return None,
        };
        let version = (second >> 3) & 3;
        let rate = (third >> 2) & 3;
        if second & 0xe0 != 0xe0 || version == 1 || rate == 3 || fourth & 3 == 2 {
            return None;
        }
        let hertz =
            [44_100, 48_000, 32_000].get(usize::from(rate))? / [4, 1, 2, 1].get(usize::from(version))?;
        let is_version_1 = version == 3;
        let kilobits = kilobits(layer, is_version_1, third >> 4)?;
        let padding = usize::from((third >> 1) & 1);
        let length = (kilobits > 0).then(|| match layer {
            Layer::One => (12_000 * kilobits / hertz + padding) * 4,
            Layer::Three if !is_version_1 => 72_000 * kilobits / hertz + padding,
            Layer::Two | Layer::Three => 144_000 * kilobits / hertz + padding,
        });
        Some(Self { layer, is_version_1, rate, length })
    }

    /// The bytes behind the frame, where they are enough for another header.
    fn next<'a>(&self, head: &'a [u8]) -> Option<&'a [u8]> {
        head.get(self.length?..).filter(|next| next.len() >= 4)
    }

    fn is_like(&self, other: &Self) -> bool {
        self.layer == other.layer && self.is_version_1 == other.is_version_1 && self.rate == other.rate
    }
}

/// Kilobits per second by the index in the header; 0 for a free format, `None` for the one that is forbidden.
fn kilobits(layer: Layer, is_version_1: bool, index: u8) -> Option<usize> {
    let table: [usize; 15] = match (layer, is_version_1) {
        (Layer::One, true) => [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
        (Layer::Two, true) => [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
        (Layer::Three, true) => [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        (Layer::One, false) => [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
        (Layer::Two | Layer::Three, false) => [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    };
    table.get(usize::from(index)).copied()
}
