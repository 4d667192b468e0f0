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
    /// Takes an application segment of any kind.
    pub(crate) fn take(&mut self, marker: u8, segment: &[u8]) {
        match (marker, segment) {
            (marker::APP0, [b'J', b'F', b'I', b'F', 0, rest @ ..]) if rest.len() >= 9 => self.is_jfif = true,
            (marker::APP14, [b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, transform, ..]) => {
                self.adobe = Some(*transform);
            }
            _ => {}
        }
    }
}

/// What the components are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Colour {
    Grey,
    Rgb,
    /// Brightness, and how far blue and red are from it (ITU-T T.871, 7).
    YCbCr,
    /// How much light the inks leave. Browsers take all inks as inverted, with or without Adobe's segment.
    Cmyk,
    /// The same, with brightness and colours in place of cyan, magenta and yellow.
    Ycck,
}

impl Colour {
    /// The same as libjpeg takes it for, and so browsers: JFIF before Adobe, and that before the identifiers.
    pub(crate) fn of(frame: &Frame, hints: Hints) -> Self {
        let ids: Vec<u8> = frame.components.iter().map(|component| component.id).collect();
        match (ids.as_slice(), hints.is_jfif, hints.adobe) {
            ([_], _, _) => Self::Grey,
            ([_, _, _], false, Some(0)) | (b"RGB", false, None) => Self::Rgb,
            ([_, _, _, _], _, None | Some(0)) => Self::Cmyk,
            ([_, _, _, _], _, Some(_)) => Self::Ycck,
            _ => Self::YCbCr,
        }
    }

    /// Makes red, green and blue of the samples of four components, for which averages don't do: inks multiply.
    pub(crate) fn mix_inks(self, samples: [u8; 4]) -> [u8; 3] {
        let [cyan, magenta, yellow, black] = samples;
        let light = match self {
            Self::Ycck => rgb_of_ycbcr([cyan, magenta, yellow]).map(|colour| u8::MAX - colour),
            _ => [cyan, magenta, yellow],
        };
        light.map(|light| {
            let product = u16::from(light) * u16::from(black);
            u8::try_from(product / 255).unwrap_or(u8::MAX)
        })
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
