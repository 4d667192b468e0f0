//! From the samples of a pixel, eight bits each, to red, green and blue.

use crate::profile::Space;

/// How opaque a pixel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alpha {
    /// Colours are multiplied by it already.
    Associated,
    Unassociated,
}

/// What the samples of a pixel are.
pub(super) enum Colours {
    Grey {
        white_is_zero: bool,
    },
    Rgb,
    Palette(Box<[[u8; 3]]>),
    Cmyk,
    YCbCr(YCbCr),
    /// CIE L*a*b*: a and b are signed, or begin at -128.
    Lab {
        is_signed: bool,
    },
}

/// How luminance and chroma become red, green and blue.
pub(super) struct YCbCr {
    /// The parts of red, green and blue in luminance.
    coefficients: [f32; 3],
    /// Black and white, then nothing and all of each chroma.
    reference: [f32; 6],
}

impl Colours {
    /// The palette of a colour map: all reds, all greens, all blues, sixteen bits each.
    pub(super) fn palette(map: &[u64], bits: u32) -> Option<Self> {
        let count = 1 << bits;
        // Some programs wrote eight bits.
        let shift = if map.iter().any(|&value| value > 255) { 8 } else { 0 };
        let value = |at: usize| map.get(at).map(|&value| u8::try_from(value >> shift).unwrap_or(u8::MAX));
        let colour = |index| Some([value(index)?, value(count + index)?, value(2 * count + index)?]);
        (0..count).map(colour).collect::<Option<_>>().map(Self::Palette)
    }

    pub(super) fn ycbcr(coefficients: Option<Vec<f32>>, reference: Option<Vec<f32>>) -> Self {
        let coefficients = coefficients.and_then(|values| values.try_into().ok());
        let reference = reference.and_then(|values| values.try_into().ok());
        Self::YCbCr(YCbCr {
            coefficients: coefficients
                .filter(|values: &[f32; 3]| values.iter().all(|&value| value > 0.0 && value < 1.0))
                .unwrap_or([0.299, 0.587, 0.114]),
            reference: reference
                .filter(|values: &[f32; 6]| values.as_chunks::<2>().0.iter().all(|[low, high]| high > low))
                .unwrap_or([0.0, 255.0, 128.0, 255.0, 128.0, 255.0]),
        })
    }

    /// Samples of a pixel.
    pub(super) const fn samples(&self) -> usize {
        match self {
            Self::Grey { .. } | Self::Palette(_) => 1,
            Self::Rgb | Self::YCbCr(_) | Self::Lab { .. } => 3,
            Self::Cmyk => 4,
        }
    }

    /// What their pixels become, as far as a colour profile can be for it: it is for inks where they are inks, and CIE L*a*b* needs none.
    pub(super) const fn space(&self) -> Option<Space> {
        match self {
            Self::Grey { .. } => Some(Space::Grey),
            Self::Rgb | Self::Palette(_) | Self::YCbCr(_) => Some(Space::Rgb),
            Self::Cmyk | Self::Lab { .. } => None,
        }
    }

    pub(super) const fn have_chroma(&self) -> bool {
        matches!(self, Self::YCbCr(_))
    }

    /// Whether each sample is an amount of light or ink, so that every kind of number will do.
    pub(super) const fn are_amounts_of_light(&self) -> bool {
        matches!(self, Self::Grey { .. } | Self::Rgb | Self::Cmyk)
    }

    /// Whether samples are numbers of something else, and mean nothing by themselves.
    pub(super) const fn are_indices(&self) -> bool {
        matches!(self, Self::Palette(_))
    }

    /// Appends the pixels of a row, with alpha where they have some.
    pub(super) fn convert(&self, line: &[u8], alpha: Option<Alpha>, row: &mut Vec<u8>) {
        match self {
            Self::Grey { white_is_zero: false } => convert(line, alpha, row, |[grey]| [grey; 3]),
            Self::Grey { white_is_zero: true } => convert(line, alpha, row, |[grey]| [u8::MAX - grey; 3]),
            Self::Rgb if alpha.is_none() => row.extend(line),
            Self::Rgb => convert(line, alpha, row, |rgb| rgb),
            Self::Palette(palette) => convert(line, alpha, row, |[index]| {
                palette.get(usize::from(index)).copied().unwrap_or_default()
            }),
            Self::Cmyk => convert(line, alpha, row, rgb_of_cmyk),
            Self::YCbCr(ycbcr) => convert(line, alpha, row, |samples| ycbcr.to_rgb(samples)),
            Self::Lab { is_signed } => convert(line, alpha, row, |lab| rgb_of_lab(lab, *is_signed)),
        }
    }
}

fn convert<const COUNT: usize>(
    line: &[u8],
    alpha: Option<Alpha>,
    row: &mut Vec<u8>,
    rgb: impl Fn([u8; COUNT]) -> [u8; 3],
) {
    let Some(alpha) = alpha else {
        row.extend(line.as_chunks::<COUNT>().0.iter().flat_map(|&samples| rgb(samples)));
        return;
    };
    row.extend(line.chunks_exact(COUNT + 1).flat_map(|pixel| {
        let (Some(&samples), Some(&opacity)) = (pixel.first_chunk::<COUNT>(), pixel.last()) else {
            return [0; 4];
        };
        let [red, green, blue] = match alpha {
            Alpha::Unassociated => rgb(samples),
            Alpha::Associated => rgb(samples).map(|colour| divide(colour, opacity)),
        };
        [red, green, blue, opacity]
    }));
}

/// Undoes the multiplication of a colour by its opacity.
fn divide(colour: u8, opacity: u8) -> u8 {
    let (colour, opacity) = (u16::from(colour), u16::from(opacity));
    let divided = (colour * 255 + opacity / 2).checked_div(opacity);
    divided.map_or(0, |colour| u8::try_from(colour).unwrap_or(u8::MAX))
}

/// Each ink takes its part of the light away, and black takes of all.
fn rgb_of_cmyk([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    [cyan, magenta, yellow].map(|ink| {
        let light = u16::from(u8::MAX - ink) * u16::from(u8::MAX - black);
        u8::try_from((light + 127) / 255).unwrap_or(u8::MAX)
    })
}

impl YCbCr {
    /// TIFF 6.0, section 21.
    fn to_rgb(&self, samples: [u8; 3]) -> [u8; 3] {
        let [black, white, no_blue, all_blue, no_red, all_red] = self.reference;
        let [of_red, of_green, of_blue] = self.coefficients;
        let [luminance, blueness, redness] = samples.map(f32::from);
        let luminance = (luminance - black) * 255.0 / (white - black);
        let blueness = (blueness - no_blue) * 127.0 / (all_blue - no_blue);
        let redness = (redness - no_red) * 127.0 / (all_red - no_red);
        let red = redness * (2.0 - 2.0 * of_red) + luminance;
        let blue = blueness * (2.0 - 2.0 * of_blue) + luminance;
        let green = (luminance - of_blue * blue - of_red * red) / of_green;
        [red, green, blue].map(byte)
    }
}

/// CIE L*a*b* for the white of D50, by way of its CIE XYZ, to sRGB.
fn rgb_of_lab([lightness, green_to_red, blue_to_yellow]: [u8; 3], is_signed: bool) -> [u8; 3] {
    let chroma = |sample: u8| {
        if is_signed { f32::from(sample.cast_signed()) } else { f32::from(sample) - 128.0 }
    };
    let level = (f32::from(lightness) * 100.0 / 255.0 + 16.0) / 116.0;
    let cube = |value: f32| if value > 6.0 / 29.0 { value.powi(3) } else { (value - 16.0 / 116.0) / 7.787 };
    let (x, y, z) = (
        0.9642 * cube(level + chroma(green_to_red) / 500.0),
        cube(level),
        0.8249 * cube(level - chroma(blue_to_yellow) / 200.0),
    );
    // From XYZ of D50 to linear sRGB, adapted to D65 after Bradford.
    let linear = [
        3.1339 * x - 1.6169 * y - 0.4906 * z,
        -0.9788 * x + 1.9161 * y + 0.0335 * z,
        0.0719 * x - 0.2290 * y + 1.4052 * z,
    ];
    linear.map(|light| {
        let light = light.clamp(0.0, 1.0);
        byte(255.0 * if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 })
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is cut to what fits before")]
fn byte(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}
