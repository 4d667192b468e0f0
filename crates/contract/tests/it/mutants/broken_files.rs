//! Files that are added and updated with one fault.

use fm_domain::access::{Access, Right};
use fm_domain::files::{File, FileName, Revision, ThumbnailState, UpdateFile};

use crate::mutants::broken_database::{BrokenUnit, Fault};
use crate::mutants::fresh_database::first;

impl BrokenUnit {
    /// The file that is added in the place of this one. It is remembered.
    pub(crate) fn misread(&mut self, file: &File) -> File {
        self.has_files = true;
        let mut file = file.clone();
        if self.is(Fault::TrimsFileNames) {
            file.name = FileName::from_stored(file.name.as_str().trim()).unwrap();
        }
        if self.is(Fault::KeepsTypesIn64Characters) && file.content_type.as_str().len() > 64 {
            file.content_type = first(file.content_type.as_str(), 64).parse().unwrap();
        }
        if let ThumbnailState::Failed { times } = &mut file.thumbnail
            && self.is(Fault::CountsFailuresIn16Bits)
        {
            *times &= u32::from(u16::MAX);
        }
        file.thumbnail = self.thumbnail(file.thumbnail);
        self.common.files.lock().unwrap().entry(file.id).or_insert_with(|| file.clone());
        file
    }

    /// The state that is written in the place of this one.
    pub(crate) fn thumbnail(&self, mut state: ThumbnailState) -> ThumbnailState {
        if let ThumbnailState::Ready { placeholder, .. } = &mut state
            && self.is(Fault::ForgetsPlaceholders)
        {
            *placeholder = None;
        }
        state
    }

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
        file.thumbnail = self.thumbnail(file.thumbnail);
        let stored = stored.map(|stored| stored.revision);
        self.honest().files().update(&file, stored.filter(|_| any).unwrap_or(seen)).await
    }
}
