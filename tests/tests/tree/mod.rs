//! The tree: folders, moves, copies, the trash, versions, and changes of many items.

mod batches;
mod children;
mod copies;
mod folders;
mod large;
mod moves;
mod strangers;
mod trash;
mod uploads;
mod versions;

use std::fmt::Display;

use fm_api_types::{Folder, TrashList, TrashedItem};
use fm_e2e::User;

/// The id of a folder, as routes take it.
fn id(folder: &Folder) -> String {
    folder.id.to_string()
}

/// Puts an item into the trash, which must be taken.
async fn trash(user: &User, id: &impl Display) -> TrashedItem {
    user.post(&format!("/v1/items/{id}/trash")).send().await.expect(200).parse()
}

/// The names of what is in the trash, with these query parameters.
async fn trashed_names(user: &User, parameters: &[(&str, &str)]) -> Vec<String> {
    let list: TrashList = user.get("/v1/trash").query(parameters).send().await.expect(200).parse();
    list.items.into_iter().map(|item| item.name).collect()
}
