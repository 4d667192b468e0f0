//! Files as clients see them: the JSON of [`fm_api_types::File`] and [`fm_api_types::FileList`], written in one pass.
//!
//! A page of them is what clients ask for most. Its bytes go from the values of the domain into one buffer, without bodies of `fm-api-types` in
//! between, and a signed URL, which needs no escapes, is copied as it is.

use fm_application::files::{FileList, FileView};
use fm_domain::files::{File, ThumbnailState};
use fm_domain::previews::PreviewSize;
use uuid::fmt::Hyphenated;

use super::about::About;
use super::json::Json;

/// The JSON of a file but for its texts, at most.
const FIXED_BYTES: usize = 1088;

/// A file with its signed URLs.
pub(crate) fn file(view: &FileView, about: &About, base_path: &str) -> serde_json::Result<Vec<u8>> {
    let mut json = Json::with_room(bytes_of(view), base_path);
    json.file(view, about)?;
    Ok(json.bytes)
}

/// A page of files, with what is told of each.
pub(crate) fn file_list(list: &FileList, about: &[About], base_path: &str) -> serde_json::Result<Vec<u8>> {
    let bytes: usize = list.items.iter().map(bytes_of).sum();
    let mut json = Json::with_room(FIXED_BYTES + bytes, base_path);
    json.raw("{\"items\":[");
    for (index, view) in list.items.iter().enumerate() {
        if index > 0 {
            json.raw(",");
        }
        json.file(view, about.get(index).unwrap_or(&About::NOTHING))?;
    }
    json.raw("],\"next_cursor\":");
    json.value(&list.next_cursor)?;
    json.raw("}");
    Ok(json.bytes)
}

/// About how long the JSON of a file is.
pub(super) fn bytes_of(view: &FileView) -> usize {
    let texts = view.file.name.as_str().len() + view.file.content_type.as_str().len();
    let thumbnail = view.thumbnail.as_ref().map_or(0, |url| url.expose().len());
    FIXED_BYTES + texts + view.download.expose().len() + thumbnail
}

impl Json<'_> {
    pub(super) fn file(&mut self, view: &FileView, about: &About) -> serde_json::Result<()> {
        let file = &view.file;
        self.raw("{\"id\":");
        self.id(file.id.uuid());
        self.raw(",\"kind\":\"file\",\"drive_id\":");
        self.id(file.drive().uuid());
        self.raw(",\"parent_id\":");
        self.id(file.parent.uuid());
        self.raw(",\"name\":");
        self.value(file.name.as_str())?;
        self.raw(",\"content_type\":");
        self.value(file.content_type.as_str())?;
        self.raw(",\"size\":");
        self.value(&file.size.bytes())?;
        self.raw(",\"sha256\":");
        self.hash(file.sha256);
        self.raw(",\"version\":");
        self.value(&file.version.number())?;
        self.raw(",\"created_at\":");
        self.time(file.created_at);
        self.raw(",\"updated_at\":");
        self.time(file.updated_at);
        self.raw(",\"modified_at\":");
        self.time(file.modified_at);
        self.relation();
        self.raw(",\"trashed_at\":null,\"thumbnail\":{\"status\":");
        self.plain(file.thumbnail.as_str());
        self.raw(",\"url\":");
        self.url(view.thumbnail.as_ref());
        let (width, height) = match file.thumbnail {
            ThumbnailState::Ready { width, height, .. } => (Some(width), Some(height)),
            ThumbnailState::None | ThumbnailState::Pending | ThumbnailState::Failed { .. } => (None, None),
        };
        self.raw(",\"width\":");
        self.value(&width)?;
        self.raw(",\"height\":");
        self.value(&height)?;
        self.raw("},\"previews\":");
        self.previews(file)?;
        self.raw(",\"placeholder\":");
        match file.thumbnail.placeholder() {
            Some(placeholder) => self.plain(&placeholder.to_string()),
            None => self.raw("null"),
        }
        self.raw(",\"download\":{\"url\":");
        self.url(Some(&view.download));
        self.raw(",\"expires_at\":");
        self.time(view.expires_at);
        self.raw("}");
        self.about(about)?;
        self.raw("}");
        Ok(())
    }

    /// Where the previews are: links to our own route, so that a page of files reads and signs nothing for them. They change with the
    /// content, so that no browser shows those of the one before.
    fn previews(&mut self, file: &File) -> serde_json::Result<()> {
        if !file.thumbnail.allows_previews() {
            self.raw("null");
            return Ok(());
        }
        let base_path = self.base_path;
        let mut buffer = [0; Hyphenated::LENGTH];
        let id: &str = file.id.uuid().hyphenated().encode_lower(&mut buffer);
        for (index, size) in PreviewSize::ALL.into_iter().map(PreviewSize::as_str).enumerate() {
            self.raw(if index > 0 { "," } else { "{" });
            for piece in
                ["\"", size, "\":{\"url\":\"", base_path, "/v1/files/", id, "/previews/", size, "?v="]
            {
                self.raw(piece);
            }
            self.value(&file.version.number())?;
            self.raw("\"}");
        }
        self.raw("}");
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests;
