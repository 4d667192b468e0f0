//! Sessions.

use std::time::Duration;

use fm_application::sessions::{Client, RefreshCommand};
use fm_domain::accounts::{Password, PasswordCheck, PasswordHasher as _};
use fm_domain::clock::Clock as _;
use fm_domain::ids::{IdSource as _, SessionId};
use fm_domain::sessions::{AccessClaims, TokenSigner as _};

use super::{expect, scenario};
use crate::kill_points::{Cast, Process, World};
use fm_contract::fakes::{FakeIds, FakePasswordHasher, FakeTokenSigner};

/// The sessions of the cast that live, oldest first.
pub(super) async fn living(world: &World, cast: &Cast) -> Vec<SessionId> {
    let sessions = world.sessions.list(cast.user, world.clock.now()).await.unwrap();
    sessions.iter().rev().map(|session| session.id).collect()
}

fn refresh(token: &str) -> RefreshCommand {
    RefreshCommand { token: token.to_owned(), client: Client::default() }
}

/// Replaces the hash of their password by one that is out of date.
async fn outdate_hash(world: &World, cast: &Cast) {
    let seen = world.account(cast).await.unwrap().user.password_hash;
    let old = FakePasswordHasher { strength: Process::STRENGTH - 1 };
    let hash = old.hash(&Password::candidate(Cast::PASSWORD.to_owned())).await.unwrap();
    let mut unit = world.database.begin().await.unwrap();
    assert!(unit.users().set_password(cast.user, &seen, &hash).await.unwrap());
    unit.commit().await.unwrap();
}

scenario! {
    /// Somebody logs in.
    a_login, retried Late;
    arrange |world| world.user().await;
    act |process, cast| process.cases.sessions.log_in.run(cast.log_in(Cast::PASSWORD)).await;
    check |world, cast| expect(living(world, cast).await.len() >= 3, "there is no new session")
}

scenario! {
    /// Somebody logs in whose hash is out of date.
    a_login_that_renews_its_hash, retried AgainAndAgain;
    arrange |world| {
        let cast = world.user().await;
        outdate_hash(world, &cast).await;
        cast
    };
    act |process, cast| process.cases.sessions.log_in.run(cast.log_in(Cast::PASSWORD)).await;
    check |world, cast| {
        let account = world.account(cast).await.ok_or("the account is gone")?;
        let hasher = FakePasswordHasher { strength: Process::STRENGTH };
        let password = Password::candidate(Cast::PASSWORD.to_owned());
        let check = hasher.verify(&password, &account.user.password_hash).await;
        expect(check.is_ok_and(|check| check == PasswordCheck::Right), "the hash is not renewed")?;
        expect(living(world, cast).await.len() >= 3, "there is no new session")
    }
}

scenario! {
    /// Somebody asks for something, long after they did last.
    an_authentication, retried Promptly;
    arrange |world| {
        let cast = world.user().await;
        world.pass(Duration::from_mins(5));
        cast
    };
    act |process, cast| {
        let now = process.ports.clock.now();
        let claims = AccessClaims {
            user: cast.user,
            session: cast.session,
            token: FakeIds.uuid(),
            issued_at: now,
            expires_at: now.plus(Duration::from_mins(1)),
        };
        let token = FakeTokenSigner.sign(&claims).unwrap();
        process.cases.sessions.authenticate.run(token.expose(), &Client::default()).await
    };
    check |world, cast| {
        let found = world.sessions.find(cast.session, world.clock.now()).await.unwrap();
        let session = found.ok_or("the session is gone")?;
        expect(session.last_seen_at > session.created_at, "nobody noticed")
    }
}

scenario! {
    /// Somebody refreshes their session; a lost answer logs nobody out.
    a_refresh, retried Promptly;
    arrange |world| world.user().await;
    act |process, cast| process.cases.sessions.refresh.run(refresh(&cast.refresh_token)).await;
    check |world, cast| {
        let lives = living(world, cast).await.contains(&cast.session);
        expect(lives, "a lost answer has logged somebody out")
    }
}

scenario! {
    /// A token that was spent long ago is used again: its session ends.
    a_refresh_with_a_spent_token, retried AgainAndAgain;
    arrange |world| {
        let cast = world.user().await;
        let process = world.healthy();
        process.cases.sessions.refresh.run(refresh(&cast.refresh_token)).await.unwrap();
        world.pass(Duration::from_mins(5));
        cast
    };
    act |process, cast| process.cases.sessions.refresh.run(refresh(&cast.refresh_token)).await;
    check |world, cast| {
        expect(living(world, cast).await == cast.other_sessions, "the session lives, or another one ended")
    }
}

scenario! {
    /// Somebody logs out.
    a_logout, retried Late;
    arrange |world| world.user().await;
    act |process, cast| process.cases.sessions.log_out.run(&cast.caller()).await;
    check |world, cast| {
        expect(living(world, cast).await == cast.other_sessions, "the session lives, or another one ended")
    }
}

scenario! {
    /// Somebody ends another session of theirs.
    an_end_of_one_session, retried Late;
    arrange |world| world.user().await;
    act |process, cast| process.cases.sessions.revoke.run(&cast.caller(), cast.other_sessions[0]).await;
    check |world, cast| {
        expect(living(world, cast).await == [cast.session], "the other session lives, or their own ended")
    }
}

scenario! {
    /// Somebody ends all other sessions of theirs.
    an_end_of_all_other_sessions, retried Late;
    arrange |world| world.user().await;
    act |process, cast| process.cases.sessions.revoke_others.run(&cast.caller()).await;
    check |world, cast| {
        expect(living(world, cast).await == [cast.session], "other sessions live, or their own ended")
    }
}
