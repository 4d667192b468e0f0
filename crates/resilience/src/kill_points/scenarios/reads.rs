//! What changes nothing.

use std::time::Duration;

use fm_application::files::{ListCommand, SignUrlCommand};
use fm_domain::blobs::{BlobKey, Disposition};
use fm_domain::error::{PortError, PortResult};
use fm_domain::files::{FileFilter, FileSort, SortOrder};

use super::{expect, scenario};
use crate::kill_points::{Actors, Process};
use fm_contract::samples::collect;

/// Any failure as one of a store.
fn failed(error: impl std::error::Error + Send + Sync + 'static) -> PortError {
    PortError::Unexpected(error.into())
}

/// Everything that can be asked about the actor and their picture.
async fn look_around(process: &Process, actors: &Actors) -> PortResult<()> {
    let (cases, actor, file) = (&process.cases, actors.actor(), actors.file());
    cases.accounts.show.run(&actor).await.map_err(failed)?;
    cases.sessions.list.run(&actor).await?;
    let list = ListCommand {
        filter: FileFilter::default(),
        sort: FileSort::Name,
        order: SortOrder::Ascending,
        limit: 10,
        cursor: None,
    };
    cases.files.list.run(&actor, list).await.map_err(failed)?;
    cases.files.show.run(&actor, file.id).await.map_err(failed)?;
    cases.files.link_content.run(&actor, file.id, Disposition::Attachment).await.map_err(failed)?;
    cases.files.link_thumbnail.run(&actor, file.id).await.map_err(failed)?;
    let disposition = Disposition::Inline;
    let link = SignUrlCommand { file: file.id, expires_in: Duration::from_mins(1), disposition };
    cases.files.sign_url.run(&actor, link).await.map_err(failed)?;
    cases.blobs.head.run(&BlobKey::file(file.blob)).await?;
    cases.operations.check_readiness.run().await;
    Ok(())
}

/// Reads the bytes of the file. What comes to its end is whole.
async fn download(process: &Process, actors: &Actors) -> PortResult<()> {
    let key = BlobKey::file(actors.file().blob);
    let reader = process.cases.blobs.read.run(&key, None).await.map_err(failed)?;
    let bytes = collect(reader.bytes).await.map_err(failed)?;
    assert_eq!(bytes.len() as u64, actors.file().size.bytes(), "a part was taken for the whole");
    Ok(())
}

scenario! {
    /// A user asks for all there is to know.
    a_look_around, retried AgainAndAgain;
    arrange |environment| environment.user_with_thumbnail().await;
    act |process, actors| look_around(process, actors).await;
    check |environment, actors| {
        expect(environment.file(actors.user, actors.file()).await == actors.file, "something has changed")
    }
}

scenario! {
    /// A user reads the bytes of a file.
    a_download, retried AgainAndAgain;
    arrange |environment| environment.user_with_text().await;
    act |process, actors| download(process, actors).await;
    check |environment, actors| {
        expect(environment.file(actors.user, actors.file()).await == actors.file, "something has changed")
    }
}
