//! Items of both kinds as clients see them: the JSON of [`fm_api_types::Item`], [`fm_api_types::Folder`] and [`fm_api_types::ItemList`].

use fm_application::tree::{FolderView, ItemList, ItemView};
use fm_domain::files::FileName;

use super::about::About;
use super::file::bytes_of;
use super::json::Json;

/// The JSON of a folder but for its name, at most.
const FOLDER_BYTES: usize = 448;

/// A folder.
pub(crate) fn folder(view: &FolderView, about: &About) -> serde_json::Result<Vec<u8>> {
    let mut json = Json::with_room(FOLDER_BYTES, "");
    json.folder(view, about)?;
    Ok(json.bytes)
}

/// A page of the entries of a folder, with what is told of each.
pub(crate) fn item_list(list: &ItemList, about: &[About], base_path: &str) -> serde_json::Result<Vec<u8>> {
    let bytes: usize = list.items.iter().map(item_bytes).sum();
    let mut json = Json::with_room(FOLDER_BYTES + bytes, base_path);
    json.raw("{\"items\":[");
    for (index, view) in list.items.iter().enumerate() {
        if index > 0 {
            json.raw(",");
        }
        json.item(view, about.get(index).unwrap_or(&About::NOTHING))?;
    }
    json.raw("],\"next_cursor\":");
    json.value(&list.next_cursor)?;
    json.raw("}");
    Ok(json.bytes)
}

fn item_bytes(view: &ItemView) -> usize {
    match view {
        ItemView::File(file) => bytes_of(file),
        ItemView::Folder(folder) => {
            FOLDER_BYTES + folder.folder.name.as_ref().map_or(0, |name| name.as_str().len())
        }
    }
}

impl Json<'_> {
    pub(super) fn item(&mut self, view: &ItemView, about: &About) -> serde_json::Result<()> {
        match view {
            ItemView::File(file) => self.file(file, about),
            ItemView::Folder(folder) => self.folder(folder, about),
        }
    }

    fn folder(&mut self, view: &FolderView, about: &About) -> serde_json::Result<()> {
        let folder = &view.folder;
        self.raw("{\"id\":");
        self.id(folder.id.uuid());
        self.raw(",\"kind\":\"folder\",\"drive_id\":");
        self.id(folder.drive.uuid());
        self.raw(",\"parent_id\":");
        match folder.parent {
            Some(parent) => self.id(parent.uuid()),
            None => self.raw("null"),
        }
        self.raw(",\"name\":");
        self.value(folder.name.as_ref().map_or("", FileName::as_str))?;
        self.raw(",\"created_at\":");
        self.time(folder.created_at);
        self.raw(",\"updated_at\":");
        self.time(folder.updated_at);
        self.raw(",\"modified_at\":");
        self.time(folder.modified_at);
        self.relation();
        self.raw(",\"trashed_at\":null");
        self.about(about)?;
        self.raw("}");
        Ok(())
    }
}

#[cfg(test)]
mod tests;
