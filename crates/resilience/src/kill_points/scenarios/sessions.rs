//! Sessions.

use std::time::Duration;

use fm_application::sessions::{Client, RefreshCommand};
use fm_domain::accounts::{Password, PasswordCheck, PasswordHasher as _};
use fm_domain::clock::Clock as _;
use fm_domain::ids::{IdSource as _, SessionId};
use fm_domain::sessions::{AccessClaims, TokenSigner as _};

use super::{expect, scenario};
use crate::kill_points::{Actors, Environment, Process};
use fm_contract::fakes::{FakeIds, FakePasswordHasher, FakeTokenSigner};

/// The sessions of the actor that live, oldest first.
pub(super) async fn living(environment: &Environment, actors: &Actors) -> Vec<SessionId> {
    let sessions = environment.sessions.list(actors.user, environment.clock.now()).await.unwrap();
    sessions.iter().rev().map(|session| session.id).collect()
}

fn refresh(token: &str) -> RefreshCommand {
    RefreshCommand { token: token.to_owned(), client: Client::default() }
}

/// Replaces the hash of their password by one that is out of date.
async fn outdate_hash(environment: &Environment, actors: &Actors) {
    let seen = environment.account(actors).await.unwrap().user.password_hash;
    let old = FakePasswordHasher { strength: Process::STRENGTH - 1 };
    let hash = old.hash(&Password::candidate(Actors::PASSWORD.to_owned())).await.unwrap();
    let mut unit = environment.database.begin().await.unwrap();
    assert!(unit.users().set_password(actors.user, &seen, &hash).await.unwrap());
    unit.commit().await.unwrap();
}

scenario! {
    /// A user logs in.
    a_login, retried Late;
    arrange |environment| environment.user().await;
    act |process, actors| process.cases.sessions.log_in.run(actors.log_in(Actors::PASSWORD)).await;
    check |environment, actors| expect(living(environment, actors).await.len() >= 3, "there is no new session")
}

scenario! {
    /// A user logs in whose hash is out of date.
    a_login_that_renews_its_hash, retried AgainAndAgain;
    arrange |environment| {
        let actors = environment.user().await;
        outdate_hash(environment, &actors).await;
        actors
    };
    act |process, actors| process.cases.sessions.log_in.run(actors.log_in(Actors::PASSWORD)).await;
    check |environment, actors| {
        let account = environment.account(actors).await.ok_or("the account is gone")?;
        let hasher = FakePasswordHasher { strength: Process::STRENGTH };
        let password = Password::candidate(Actors::PASSWORD.to_owned());
        let check = hasher.verify(&password, &account.user.password_hash).await;
        expect(check.is_ok_and(|check| check == PasswordCheck::Right), "the hash is not renewed")?;
        expect(living(environment, actors).await.len() >= 3, "there is no new session")
    }
}

scenario! {
    /// A user asks for something, long after they did last.
    an_authentication, retried Promptly;
    arrange |environment| {
        let actors = environment.user().await;
        environment.pass(Duration::from_mins(5));
        actors
    };
    act |process, actors| {
        let now = process.ports.clock.now();
        let claims = AccessClaims {
            user: actors.user,
            session: actors.session,
            token: FakeIds.uuid(),
            issued_at: now,
            expires_at: now.plus(Duration::from_mins(1)),
        };
        let token = FakeTokenSigner.sign(&claims).unwrap();
        process.cases.sessions.authenticate.run(token.expose(), Client::default()).await
    };
    check |environment, actors| {
        let found = environment.sessions.find(actors.session, environment.clock.now()).await.unwrap();
        let session = found.ok_or("the session is gone")?;
        expect(session.last_seen_at > session.created_at, "the last use was not recorded")
    }
}

scenario! {
    /// A user refreshes their session; a lost answer ends no session.
    a_refresh, retried Promptly;
    arrange |environment| environment.user().await;
    act |process, actors| process.cases.sessions.refresh.run(refresh(&actors.refresh_token)).await;
    check |environment, actors| {
        let lives = living(environment, actors).await.contains(&actors.session);
        expect(lives, "a lost answer ended the session")
    }
}

scenario! {
    /// A token that was spent long ago is used again: its session ends.
    a_refresh_with_a_spent_token, retried AgainAndAgain;
    arrange |environment| {
        let actors = environment.user().await;
        let process = environment.healthy();
        process.cases.sessions.refresh.run(refresh(&actors.refresh_token)).await.unwrap();
        environment.pass(Duration::from_mins(5));
        actors
    };
    act |process, actors| process.cases.sessions.refresh.run(refresh(&actors.refresh_token)).await;
    check |environment, actors| {
        expect(living(environment, actors).await == actors.other_sessions, "the session lives, or another one ended")
    }
}

scenario! {
    /// A user logs out.
    a_logout, retried Late;
    arrange |environment| environment.user().await;
    act |process, actors| process.cases.sessions.log_out.run(&actors.actor()).await;
    check |environment, actors| {
        expect(living(environment, actors).await == actors.other_sessions, "the session lives, or another one ended")
    }
}

scenario! {
    /// A user ends another of their sessions.
    an_end_of_one_session, retried Late;
    arrange |environment| environment.user().await;
    act |process, actors| process.cases.sessions.revoke.run(&actors.actor(), actors.other_sessions[0]).await;
    check |environment, actors| {
        expect(living(environment, actors).await == [actors.session], "the other session lives, or their own ended")
    }
}

scenario! {
    /// A user ends all their other sessions.
    an_end_of_all_other_sessions, retried Late;
    arrange |environment| environment.user().await;
    act |process, actors| process.cases.sessions.revoke_others.run(&actors.actor()).await;
    check |environment, actors| {
        expect(living(environment, actors).await == [actors.session], "other sessions live, or their own ended")
    }
}
