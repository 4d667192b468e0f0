//! The calls into libwebp: the only `unsafe` code of the workspace.
#![expect(unsafe_code, reason = "libwebp is written in C")]

use std::ffi::c_int;

use libwebp_sys::{VP8StatusCode, WEBP_CSP_MODE, WebPDecode, WebPDecoderConfig, WebPRGBABuffer};

use crate::key_frame::{CHANNELS, DecodeError};

/// Decodes a key frame into rows of red, green and blue without anything between them.
///
/// The size is within 16,383 each way, and `pixels` has [`CHANNELS`] bytes for each pixel of it.
pub(crate) fn decode(
    data: &[u8],
    (width, height): (u32, u32),
    is_scaled: bool,
    pixels: &mut [u8],
) -> Result<(), DecodeError> {
    // It fails where the bindings are of another version than the library, which is built with them.
    let mut config = WebPDecoderConfig::new().map_err(|()| DecodeError::Unsupported)?;
    let stride = width as usize * CHANNELS;
    config.options.use_scaling = c_int::from(is_scaled);
    config.options.scaled_width = width.cast_signed();
    config.options.scaled_height = height.cast_signed();
    config.output.colorspace = WEBP_CSP_MODE::MODE_RGB;
    // The buffer is ours: libwebp checks that the rows fit, writes to it, and leaves it to us.
    config.output.is_external_memory = 1;
    config.output.u.RGBA = WebPRGBABuffer {
        rgba: pixels.as_mut_ptr(),
        stride: c_int::try_from(stride).map_err(|_too_wide| DecodeError::Size)?,
        size: pixels.len(),
    };
    // SAFETY: `data` can be read and `pixels` written for as many bytes as libwebp is told, for the whole call; after it nothing
    // keeps their addresses, for `config` ends here. `config` was initialised by libwebp. The status is one of the enum's, for the library
    // is built from the copy in the crate of the bindings, whose enum is made from the same header.
    let status = unsafe { WebPDecode(data.as_ptr(), data.len(), &raw mut config) };
    match status {
        VP8StatusCode::VP8_STATUS_OK => Ok(()),
        // No callback of ours aborts it: it answers so where there is no memory for its rescaler.
        VP8StatusCode::VP8_STATUS_OUT_OF_MEMORY | VP8StatusCode::VP8_STATUS_USER_ABORT => {
            Err(DecodeError::OutOfMemory)
        }
        VP8StatusCode::VP8_STATUS_INVALID_PARAM => Err(DecodeError::Size),
        VP8StatusCode::VP8_STATUS_UNSUPPORTED_FEATURE => Err(DecodeError::Unsupported),
        VP8StatusCode::VP8_STATUS_BITSTREAM_ERROR
        | VP8StatusCode::VP8_STATUS_SUSPENDED
        | VP8StatusCode::VP8_STATUS_NOT_ENOUGH_DATA => Err(DecodeError::Broken),
    }
}

/// Writes a lossy file of rows without anything between them, with three bytes for each pixel or, with alpha, four. `None`
/// where the rows have another length, or libwebp refuses the size.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn encode(pixels: &[u8], width: u32, height: u32, has_alpha: bool) -> Option<Vec<u8>> {
    use libwebp_sys::{WebPEncodeRGB, WebPEncodeRGBA, WebPFree};

    /// Of 100, as `cwebp -q` counts.
    const QUALITY: f32 = 90.0;

    let stride = (width as usize).checked_mul(if has_alpha { 4 } else { CHANNELS })?;
    if stride.checked_mul(height as usize)? != pixels.len() {
        return None;
    }
    let (width, height) = (c_int::try_from(width).ok()?, c_int::try_from(height).ok()?);
    let stride = c_int::try_from(stride).ok()?;
    let write = if has_alpha { WebPEncodeRGBA } else { WebPEncodeRGB };
    let mut output = std::ptr::null_mut();
    // SAFETY: `pixels` has `height` rows of `stride` bytes, and `output` is where libwebp puts the address of what it allocates.
    let length = unsafe { write(pixels.as_ptr(), width, height, stride, QUALITY, &raw mut output) };
    if length == 0 || output.is_null() {
        return None;
    }
    // SAFETY: libwebp has written so many bytes at this address, and nothing else has it.
    let file = unsafe { std::slice::from_raw_parts(output, length) }.to_vec();
    // SAFETY: libwebp allocated it, and it is not used any more.
    unsafe { WebPFree(output.cast()) };
    Some(file)
}
