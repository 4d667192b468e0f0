//! What changes nothing.

use std::time::Duration;

use fm_domain::blob::{BlobKey, Disposition};
use fm_domain::file::{FileFilter, FileSort, SortOrder};
use fm_domain::store::{StoreError, Stored};
use fm_domain::usecase::file::{ListCommand, SignUrlCommand};

use super::{expect, scenario};
use crate::fixture::body::collect;
use crate::kill_points::{Cast, Process};

/// Any failure as one of a store.
fn failed(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unexpected(error.into())
}

/// Everything that can be asked about the cast and their picture.
async fn look_around(process: &Process, cast: &Cast) -> Stored<()> {
    let (cases, user, file) = (&process.cases, cast.user, cast.file());
    cases.show_account.run(&cast.caller()).await.map_err(failed)?;
    cases.list_sessions.run(&cast.caller()).await?;
    let list = ListCommand {
        owner: user,
        filter: FileFilter::default(),
        sort: FileSort::Name,
        order: SortOrder::Ascending,
        limit: 10,
        cursor: None,
    };
    cases.list_files.run(list).await.map_err(failed)?;
    cases.show_file.run(user, file.id).await.map_err(failed)?;
    cases.link_content.run(user, file.id, Disposition::Attachment).await.map_err(failed)?;
    cases.link_thumbnail.run(user, file.id).await.map_err(failed)?;
    let disposition = Disposition::Inline;
    let link = SignUrlCommand { owner: user, file: file.id, expires_in: Duration::from_mins(1), disposition };
    cases.sign_url.run(link).await.map_err(failed)?;
    cases.head_blob.run(&BlobKey::file(file.blob)).await?;
    cases.check_readiness.run().await;
    Ok(())
}

/// Reads the bytes of the file. What comes to its end is whole.
async fn download(process: &Process, cast: &Cast) -> Stored<()> {
    let key = BlobKey::file(cast.file().blob);
    let reader = process.cases.read_blob.run(&key, None).await.map_err(failed)?;
    let bytes = collect(reader.bytes).await.map_err(failed)?;
    assert_eq!(bytes.len() as u64, cast.file().size.bytes(), "a part was taken for the whole");
    Ok(())
}

scenario! {
    /// Somebody asks for all there is to know.
    a_look_around, retried AgainAndAgain;
    arrange |world| world.user_with_thumbnail().await;
    act |process, cast| look_around(process, cast).await;
    check |world, cast| {
        expect(world.file(cast.user, cast.file()).await == cast.file, "something has changed")
    }
}

scenario! {
    /// Somebody reads the bytes of a file.
    a_download, retried AgainAndAgain;
    arrange |world| world.user_with_text().await;
    act |process, cast| download(process, cast).await;
    check |world, cast| {
        expect(world.file(cast.user, cast.file()).await == cast.file, "something has changed")
    }
}
