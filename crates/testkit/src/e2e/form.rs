//! Forms written by hand (RFC 7578), so that they can be wrong in every way.

use bytes::Bytes;

/// The boundary between the parts.
const BOUNDARY: &str = "e2e-boundary-7d1b9";

/// One part of a form.
#[derive(Debug, Clone)]
pub struct Part {
    head: Vec<u8>,
    body: Bytes,
}

impl Part {
    /// A text field.
    pub fn text(name: &str, text: &str) -> Self {
        let head = format!("Content-Disposition: form-data; name=\"{name}\"\r\n");
        Self { head: head.into_bytes(), body: Bytes::copy_from_slice(text.as_bytes()) }
    }

    /// A file in the part `name`.
    pub fn file(name: &str, filename: &str, content_type: &str, body: impl Into<Bytes>) -> Self {
        let head = format!(
            "Content-Disposition: form-data; name=\"{name}\"; filename=\"{filename}\"\r\nContent-Type: {content_type}\r\n"
        );
        Self { head: head.into_bytes(), body: body.into() }
    }

    /// A part `file` without a filename.
    pub fn nameless(body: impl Into<Bytes>) -> Self {
        let head =
            "Content-Disposition: form-data; name=\"file\"\r\nContent-Type: application/octet-stream\r\n";
        Self { head: head.into(), body: body.into() }
    }

    /// With one more field in its head.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.head.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        self
    }
}

/// A form.
#[derive(Debug, Clone, Default)]
pub struct Form(Vec<Part>);

impl Form {
    /// With these parts, in this order.
    pub fn of(parts: impl IntoIterator<Item = Part>) -> Self {
        Self(parts.into_iter().collect())
    }

    /// With a part `file` alone.
    pub fn file(filename: &str, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::of([Part::file("file", filename, content_type, body)])
    }

    /// The media type, with the boundary.
    pub fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }

    /// The bytes.
    pub fn body(&self) -> Bytes {
        let mut bytes = Vec::new();
        for part in &self.0 {
            bytes.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
            bytes.extend_from_slice(&part.head);
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(&part.body);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        bytes.into()
    }
}
