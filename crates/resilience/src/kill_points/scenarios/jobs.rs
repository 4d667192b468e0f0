//! The work of the queue.

use std::time::Duration;

use fm_application::accounts::ChangePasswordCommand;
use fm_application::jobs::{Job as _, MakeThumbnail, PurgeBlob, RemoveContents, RevokeSessions, SweepBlobs};
use fm_application::ports::Presence;
use fm_application::tree::DeleteCommand;
use fm_domain::accounts::Password;
use fm_domain::files::ThumbnailState;

use super::sessions::living;
use super::{expect, file_count, scenario};
use crate::fault::{Fault, Faults, Moment, Operation, When};
use crate::kill_points::{Actors, Environment};
use fm_contract::fakes::FakeThumbnailer;

/// How the thumbnail of the only file stands.
async fn thumbnail(environment: &Environment, actors: &Actors) -> Result<ThumbnailState, String> {
    let file = environment.file(actors.user, actors.file()).await.ok_or("the file is gone")?;
    Ok(file.thumbnail)
}

async fn remove_file(environment: &Environment, actors: &Actors) {
    let command =
        DeleteCommand { item: actors.file().id.into(), kind: None, if_match: None, recursive: false };
    environment.healthy().cases.tree.delete.run(&actors.actor(), command).await.unwrap();
}

/// Begins an upload in a process that is killed once the bytes are there.
async fn abandon_upload(environment: &Environment, actors: &Actors) {
    let faults = Faults::new();
    faults.plan(When::Nth(Operation::BlobStorePut, 1), Fault::Crash(Moment::After));
    let process = environment.process(&faults);
    let actor = actors.actor();
    tokio::select! {
        _outcome = process.cases.files.upload.run(&actor, actors.upload("lost.txt", &Environment::text())) => {}
        _operation = faults.crashed() => {}
    }
    assert_eq!(faults.injected().len(), 1, "the upload was not abandoned");
}

/// Changes the password while the sessions are out of reach: their end is left to a job.
async fn change_password_alone(environment: &Environment, actors: &Actors) {
    let faults = Faults::new();
    faults.plan(When::Every(Operation::SessionStoreRevokeAll), Fault::FailBefore);
    let command = ChangePasswordCommand {
        current: Password::candidate(Actors::PASSWORD.to_owned()),
        new: Password::candidate(Actors::NEW_PASSWORD.to_owned()),
        presence: Presence::default(),
    };
    // Whether the caller is told of the sessions is the use case's own affair.
    drop(environment.process(&faults).cases.accounts.change_password.run(&actors.actor(), command).await);
    assert_eq!(faults.injected().len(), 1, "the use case did not revoke the sessions");
}

scenario! {
    /// A thumbnail is made.
    a_thumbnail, retried AgainAndAgain;
    arrange |environment| environment.user_with_picture().await;
    act |process, _cast| process.cases.jobs.run_next.run(&[MakeThumbnail::kind()]).await;
    check |environment, actors| {
        let state = thumbnail(environment, actors).await?;
        expect(matches!(state, ThumbnailState::Ready { .. }), "there is no thumbnail")
    }
}

scenario! {
    /// A picture that can't be decoded has no thumbnail, for good.
    a_thumbnail_of_a_broken_picture, retried Late;
    arrange |environment| {
        let mut actors = environment.user().await;
        let picture = FakeThumbnailer::picture(b"broken");
        actors.file = Some(environment.healthy().file_of(&actors, "broken.png", &picture).await);
        actors
    };
    act |process, _cast| process.cases.jobs.run_next.run(&[MakeThumbnail::kind()]).await;
    check |environment, actors| {
        let state = thumbnail(environment, actors).await?;
        expect(state == ThumbnailState::Failed { times: 1 }, "its thumbnail has not failed")
    }
}

scenario! {
    /// The bytes of a file that was removed go.
    a_purge, retried Late;
    arrange |environment| {
        let actors = environment.user_with_thumbnail().await;
        remove_file(environment, &actors).await;
        actors
    };
    act |process, _cast| process.cases.jobs.run_next.run(&[PurgeBlob::kind()]).await;
    check |environment, _cast| expect(environment.debris().await == 0, "its bytes are still there")
}

scenario! {
    /// What an account had goes after the account was removed.
    an_end_of_contents, retried Late;
    arrange |environment| {
        let actors = environment.user_with_thumbnail().await;
        environment.healthy().file_of(&actors, "notes.txt", &Environment::text()).await;
        abandon_upload(environment, &actors).await;
        let (password, there) = (Password::candidate(Actors::PASSWORD.to_owned()), Presence::default());
        let removal = environment.healthy();
        Box::pin(removal.cases.accounts.remove.run(&actors.actor(), password, &there)).await.unwrap();
        actors
    };
    act |process, _cast| process.cases.jobs.run_next.run(&[RemoveContents::kind()]).await;
    check |environment, actors| {
        let mut unit = environment.database.begin().await.unwrap();
        let was_there = unit.users().remove(actors.user).await.unwrap();
        unit.rollback().await.unwrap();
        expect(!was_there, "the row of the account is still there")
    }
}

scenario! {
    /// What was begun and never finished comes to nothing, and what is there stays.
    a_sweep, retried Late;
    arrange |environment| {
        let actors = environment.user_with_text().await;
        environment.healthy().file_of(&actors, "kept.txt", &Environment::text()).await;
        abandon_upload(environment, &actors).await;
        remove_file(environment, &actors).await;
        environment.pass(Duration::from_mins(2));
        environment.healthy().schedule_jobs().await.unwrap();
        actors
    };
    act |process, _cast| process.cases.jobs.run_next.run(&[SweepBlobs::kind()]).await;
    check |environment, actors| {
        expect(file_count(environment, actors).await == 1, "what was kept is gone")?;
        expect(environment.debris().await == 1, "something is left over")
    }
}

scenario! {
    /// Sessions end that should have ended with a new password.
    an_end_of_sessions_left_to_a_job, retried Late;
    arrange |environment| {
        let actors = environment.user().await;
        change_password_alone(environment, &actors).await;
        actors
    };
    act |process, _cast| process.cases.jobs.run_next.run(&[RevokeSessions::kind()]).await;
    check |environment, actors| {
        expect(living(environment, actors).await == [actors.session], "other sessions live, or their own ended")
    }
}

scenario! {
    /// The sweep is put into the queue.
    a_sweep_to_come, retried NextTurn;
    arrange |environment| environment.user_with_text().await;
    act |process, _cast| process.schedule_jobs().await;
    check |environment, actors| expect(file_count(environment, actors).await == 1, "what was kept is gone")
}

scenario! {
    /// A worker finds nothing to do.
    an_idle_worker, retried NextTurn;
    arrange |environment| environment.user_with_text().await;
    act |process, _cast| process.cases.jobs.run_next.run_any().await;
    check |environment, actors| expect(file_count(environment, actors).await == 1, "what was kept is gone")
}
