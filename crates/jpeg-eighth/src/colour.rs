//! Which colours the components are: T.81 leaves that to the formats around it.

use crate::frame::Frame;
use crate::segments::marker;

/// What application segments say of colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hints {
    /// It is a JFIF file (ITU-T T.871).
    is_jfif: bool,
    /// The transform that an Adobe segment names (ITU-T T.872, 6.5.3).
    adobe: Option<u8>,
}

impl Hints {
    /// Takes an application segment of any kind; `None` if it names a transform that does not exist.
    pub(crate) fn take(&mut self, marker: u8, segment: &[u8]) -> Option<()> {
        match (marker, segment) {
            (marker::APP0, [b'J', b'F', b'I', b'F', 0, ..]) => self.is_jfif = true,
            (marker::APP14, [b'A', b'd', b'o', b'b', b'e', 0, _, _, _, _, _, transform, ..]) => {
                self.adobe = Some(*transform).filter(|&transform| transform <= 2)?.into();
            }
            _ => {}
        }
        Some(())
    }
}

/// What the components are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Grey,
    Rgb,
    /// Brightness, and how far blue and red are from it (ITU-T T.871, 7).
    YCbCr,
}

impl Colour {
    /// The same as the general decoder takes it for; `None` if that refuses it.
    pub(crate) fn of(frame: &Frame, hints: Hints) -> Option<Self> {
        let ids: Vec<u8> = frame.components.iter().map(|component| component.id).collect();
        match (ids.as_slice(), hints.is_jfif, hints.adobe) {
            ([_], _, _) => Some(Self::Grey),
            ([1, 2, 3], _, _) => Some(Self::YCbCr),
            (b"RGB", _, _) => Some(Self::Rgb),
            // Colours of a wider gamut.
            ([1, 34, 35] | b"rgb", _, _) => None,
            ([_, _, _], true, _) | ([_, _, _], false, None | Some(1)) => Some(Self::YCbCr),
            ([_, _, _], false, Some(0)) => Some(Self::Rgb),
            _ => None,
        }
    }

    /// Makes red, green and blue of pixels of three components.
    pub(crate) fn convert(self, pixels: &mut [u8]) {
        if self == Self::YCbCr {
            for pixel in pixels.as_chunks_mut::<3>().0 {
                *pixel = rgb_of_ycbcr(*pixel);
            }
        }
    }
}

/// ITU-T T.871, 7, in 65536ths.
fn rgb_of_ycbcr([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (i32::from(y) << 16, i32::from(cb) - 128, i32::from(cr) - 128);
    let [red, green, blue] = [y + 91_881 * cr, y - 22_554 * cb - 46_802 * cr, y + 116_130 * cb];
    [red, green, blue].map(|value| u8::try_from(((value + 0x8000) >> 16).clamp(0, 255)).unwrap_or(u8::MAX))
}
