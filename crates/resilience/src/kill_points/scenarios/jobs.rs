//! The work of the queue.

use std::time::Duration;

use fm_application::accounts::ChangePasswordCommand;
use fm_application::files::RemoveCommand;
use fm_domain::accounts::Password;
use fm_domain::files::ThumbnailState;
use fm_domain::jobs::JobKind;

use super::sessions::living;
use super::{expect, file_count, scenario};
use crate::fault::{Fault, Faults, Moment, Operation, When};
use crate::kill_points::{Cast, World};
use fm_contract::fakes::FakeThumbnailer;

/// How the thumbnail of the only file stands.
async fn thumbnail(world: &World, cast: &Cast) -> Result<ThumbnailState, String> {
    let file = world.file(cast.user, cast.file()).await.ok_or("the file is gone")?;
    Ok(file.thumbnail)
}

async fn remove_file(world: &World, cast: &Cast) {
    let command = RemoveCommand { owner: cast.user, file: cast.file().id, if_match: None };
    world.healthy().cases.files.remove.run(command).await.unwrap();
}

/// Begins an upload in a process that is killed once the bytes are there.
async fn abandon_upload(world: &World, cast: &Cast) {
    let faults = Faults::new();
    faults.plan(When::Nth(Operation::BlobStorePut, 1), Fault::Crash(Moment::After));
    let process = world.process(&faults);
    tokio::select! {
        _told = process.cases.files.upload.run(cast.upload("lost.txt", &World::text())) => {}
        _operation = faults.crashed() => {}
    }
    assert_eq!(faults.injected().len(), 1, "the upload was not abandoned");
}

/// Changes the password while the sessions are out of reach: their end is left to a job.
async fn change_password_alone(world: &World, cast: &Cast) {
    let faults = Faults::new();
    faults.plan(When::Every(Operation::SessionStoreRevokeAll), Fault::FailBefore);
    let command = ChangePasswordCommand {
        current: Password::candidate(Cast::PASSWORD.to_owned()),
        new: Password::candidate(Cast::NEW_PASSWORD.to_owned()),
    };
    // Whether the caller is told of the sessions is the use case's own affair.
    drop(world.process(&faults).cases.accounts.change_password.run(&cast.caller(), command).await);
    assert_eq!(faults.injected().len(), 1, "nobody asked for the end of the sessions");
}

scenario! {
    /// A thumbnail is made.
    a_thumbnail, retried AgainAndAgain;
    arrange |world| world.user_with_picture().await;
    act |process, _cast| process.cases.jobs.run_next.run(&[JobKind::MakeThumbnail]).await;
    check |world, cast| {
        let state = thumbnail(world, cast).await?;
        expect(matches!(state, ThumbnailState::Ready { .. }), "there is no thumbnail")
    }
}

scenario! {
    /// A picture that can't be decoded has no thumbnail, for good.
    a_thumbnail_of_a_broken_picture, retried Late;
    arrange |world| {
        let mut cast = world.user().await;
        let picture = FakeThumbnailer::picture(b"broken");
        cast.file = Some(world.healthy().file_of(&cast, "broken.png", &picture).await);
        cast
    };
    act |process, _cast| process.cases.jobs.run_next.run(&[JobKind::MakeThumbnail]).await;
    check |world, cast| {
        let state = thumbnail(world, cast).await?;
        expect(state == ThumbnailState::Failed, "its thumbnail has not failed")
    }
}

scenario! {
    /// The bytes of a file that was removed go.
    a_purge, retried Late;
    arrange |world| {
        let cast = world.user_with_thumbnail().await;
        remove_file(world, &cast).await;
        cast
    };
    act |process, _cast| process.cases.jobs.run_next.run(&[JobKind::PurgeBlob]).await;
    check |world, _cast| expect(world.debris().await == 0, "its bytes are still there")
}

scenario! {
    /// What was begun and never finished comes to nothing, and what is there stays.
    a_sweep, retried Late;
    arrange |world| {
        let cast = world.user_with_text().await;
        world.healthy().file_of(&cast, "kept.txt", &World::text()).await;
        abandon_upload(world, &cast).await;
        remove_file(world, &cast).await;
        world.pass(Duration::from_mins(2));
        world.healthy().cases.jobs.schedule_sweep.run().await.unwrap();
        cast
    };
    act |process, _cast| process.cases.jobs.run_next.run(&[JobKind::SweepBlobs]).await;
    check |world, cast| {
        expect(file_count(world, cast).await == 1, "what was kept is gone")?;
        expect(world.debris().await == 1, "something is left over")
    }
}

scenario! {
    /// Sessions end that should have ended with a new password.
    an_end_of_sessions_left_to_a_job, retried Late;
    arrange |world| {
        let cast = world.user().await;
        change_password_alone(world, &cast).await;
        cast
    };
    act |process, _cast| process.cases.jobs.run_next.run(&[JobKind::RevokeSessions]).await;
    check |world, cast| {
        expect(living(world, cast).await == [cast.session], "other sessions live, or their own ended")
    }
}

scenario! {
    /// The sweep is put into the queue.
    a_sweep_to_come, retried NextTurn;
    arrange |world| world.user_with_text().await;
    act |process, _cast| process.cases.jobs.schedule_sweep.run().await;
    check |world, cast| expect(file_count(world, cast).await == 1, "what was kept is gone")
}

scenario! {
    /// A worker finds nothing to do.
    an_idle_worker, retried NextTurn;
    arrange |world| world.user_with_text().await;
    act |process, _cast| process.cases.jobs.run_next.run(&JobKind::ALL).await;
    check |world, cast| expect(file_count(world, cast).await == 1, "what was kept is gone")
}
