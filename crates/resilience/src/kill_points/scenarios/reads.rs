//! What changes nothing.

use std::time::Duration;

use fm_application::files::{ListCommand, SignUrlCommand};
use fm_domain::blobs::{BlobKey, Disposition};
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{FileFilter, FileSort, SortOrder};

use super::{expect, scenario};
use crate::kill_points::{Cast, Process};
use fm_contract::fixture::body::collect;

/// Any failure as one of a store.
fn failed(error: impl std::error::Error + Send + Sync + 'static) -> PortError {
    PortError::Unexpected(error.into())
}

/// Everything that can be asked about the cast and their picture.
async fn look_around(process: &Process, cast: &Cast) -> PortResult<()> {
    let (cases, user, file) = (&process.cases, cast.user, cast.file());
    cases.accounts.show.run(&cast.caller()).await.map_err(failed)?;
    cases.sessions.list.run(&cast.caller()).await?;
    let list = ListCommand {
        owner: user,
        filter: FileFilter::default(),
        sort: FileSort::Name,
        order: SortOrder::Ascending,
        limit: 10,
        cursor: None,
    };
    cases.files.list.run(list).await.map_err(failed)?;
    cases.files.show.run(user, file.id).await.map_err(failed)?;
    cases.files.link_content.run(user, file.id, Disposition::Attachment).await.map_err(failed)?;
    cases.files.link_thumbnail.run(user, file.id).await.map_err(failed)?;
    let disposition = Disposition::Inline;
    let link = SignUrlCommand { owner: user, file: file.id, expires_in: Duration::from_mins(1), disposition };
    cases.files.sign_url.run(link).await.map_err(failed)?;
    cases.blobs.head.run(&BlobKey::file(file.blob)).await?;
    cases.operations.check_readiness.run().await;
    Ok(())
}

/// Reads the bytes of the file. What comes to its end is whole.
async fn download(process: &Process, cast: &Cast) -> PortResult<()> {
    let key = BlobKey::file(cast.file().blob);
    let reader = process.cases.blobs.read.run(&key, None).await.map_err(failed)?;
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
