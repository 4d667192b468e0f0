//! Previews.

use std::time::Duration;

use fm_application::files::PreviewError;
use fm_application::jobs::{Job as _, MakePreview};
use fm_application::ports::Presence;
use fm_application::tree::DeleteCommand;
use fm_contract::fakes::FakeThumbnailer;
use fm_domain::previews::{PreviewSize, PreviewState};
use fm_domain::tree::ItemKind;

use super::{expect, scenario};
use crate::kill_points::{Actors, Environment};

/// Asks for the preview of the only file, which is not there yet.
async fn ask(environment: &Environment, actors: &Actors) {
    let process = environment.healthy();
    let (link, file, present) = (&process.cases.files.link_preview, actors.file().id, Presence::default());
    let asked = link.run(&actors.actor(), file, PreviewSize::Small, Duration::ZERO, &present).await;
    assert!(matches!(asked, Err(PreviewError::NotReady { .. })), "{asked:?}");
}

/// How the preview of the only file stands.
async fn preview(environment: &Environment, actors: &Actors) -> Option<PreviewState> {
    let mut reads = environment.database.read().await.unwrap();
    reads.previews().find(actors.file().blob, PreviewSize::Small).await.unwrap()
}

/// A user with a picture whose preview was asked for.
async fn user_who_asked(environment: &Environment) -> Actors {
    let actors = environment.user_with_thumbnail().await;
    ask(environment, &actors).await;
    actors
}

scenario! {
    /// A preview that is not there is asked for.
    a_preview_asked_for, retried AgainAndAgain;
    arrange |environment| environment.user_with_thumbnail().await;
    act |process, actors| {
        let (link, file, present) = (&process.cases.files.link_preview, actors.file().id, Presence::default());
        link.run(&actors.actor(), file, PreviewSize::Small, Duration::ZERO, &present).await
    };
    check |environment, actors| {
        let state = preview(environment, actors).await;
        expect(matches!(state, Some(PreviewState::Ready(_))), "there is no preview")
    }
}

scenario! {
    /// A preview is made.
    a_preview, retried AgainAndAgain;
    arrange |environment| user_who_asked(environment).await;
    act |process, _cast| process.cases.jobs.run_next.run(&[MakePreview::kind()]).await;
    check |environment, actors| {
        let state = preview(environment, actors).await;
        expect(matches!(state, Some(PreviewState::Ready(_))), "there is no preview")
    }
}

scenario! {
    /// A picture that can't be rendered has no preview, for good.
    a_preview_of_a_broken_picture, retried Late;
    arrange |environment| {
        let mut actors = environment.user().await;
        let picture = FakeThumbnailer::picture(b"broken");
        actors.file = Some(environment.healthy().file_of(&actors, "broken.png", &picture).await);
        ask(environment, &actors).await;
        actors
    };
    act |process, _cast| process.cases.jobs.run_next.run(&[MakePreview::kind()]).await;
    check |environment, actors| {
        let state = preview(environment, actors).await;
        expect(state == Some(PreviewState::Failed), "its preview has not failed")
    }
}

scenario! {
    /// A file goes, with its thumbnail and its preview.
    a_removal_with_a_preview, retried AgainAndAgain;
    arrange |environment| {
        let actors = user_who_asked(environment).await;
        environment.work(&[MakePreview::kind()]).await;
        actors
    };
    act |process, actors| {
        let (item, kind) = (actors.file().id.into(), Some(ItemKind::File));
        let command = DeleteCommand { item, kind, if_match: None, recursive: false };
        process.cases.tree.delete.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        expect(environment.file(actors.user, actors.file()).await.is_none(), "the file is still there")?;
        expect(preview(environment, actors).await.is_none(), "its preview is still there")?;
        expect(environment.debris().await == 0, "its bytes are still there")
    }
}
