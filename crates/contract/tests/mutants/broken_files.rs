//! Updates of files with one fault.

use fm_domain::access::{Access, Right};
use fm_domain::files::{File, Revision, ThumbnailState, UpdateFile};

use crate::broken_database::{BrokenUnit, Fault};

impl BrokenUnit {
    pub(crate) async fn replace_file(&mut self, file: &File, seen: Revision) -> Result<(), UpdateFile> {
        let (any, keeps) = (self.is(Fault::IgnoresRevision), self.is(Fault::KeepsOldThumbnails));
        let files = self.honest().files();
        let stored = files.find_for_update(&Access::on_behalf_of(file.owner, Right::Write), file.id).await?;
        let mut file = file.clone();
        if let Some(ready @ ThumbnailState::Ready { .. }) = stored.as_ref().map(|stored| stored.thumbnail)
            && keeps
            && !matches!(file.thumbnail, ThumbnailState::Ready { .. })
        {
            file.thumbnail = ready;
        }
        let stored = stored.map(|stored| stored.revision);
        files.update(&file, stored.filter(|_| any).unwrap_or(seen)).await
    }
}
