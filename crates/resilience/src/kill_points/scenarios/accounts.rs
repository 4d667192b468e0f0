//! Accounts.

use fm_application::accounts::{ChangePasswordCommand, RegisterCommand};
use fm_application::ports::Presence;
use fm_domain::access::Client;
use fm_domain::accounts::{Password, PasswordCheck, PasswordHasher as _};

use super::sessions::living;
use super::{expect, scenario};
use crate::kill_points::{Actors, Process};
use fm_contract::fakes::FakePasswordHasher;

fn password(text: &str) -> Password {
    Password::candidate(text.to_owned())
}

scenario! {
    /// A user registers.
    a_registration, retried AgainAndAgain;
    arrange |environment| environment.stranger();
    act |process, actors| {
        let email = actors.email.parse().unwrap();
        let command = RegisterCommand {
            email,
            password: password(Actors::PASSWORD),
            name: None,
            client: Client::default(),
            presence: Presence::default(),
        };
        process.cases.accounts.register.run(command).await
    };
    check |environment, actors| expect(environment.account(actors).await.is_some(), "there is no account")
}

scenario! {
    /// A user takes another name.
    a_new_name, retried Late;
    arrange |environment| environment.user().await;
    act |process, actors| {
        let name = "Countess Lovelace".parse().ok();
        process.cases.accounts.rename.run(&actors.actor(), name).await
    };
    check |environment, actors| {
        let name = environment.account(actors).await.and_then(|account| account.user.name);
        expect(name.is_some_and(|name| name.as_str() == "Countess Lovelace"), "the name is another one")
    }
}

scenario! {
    /// A user changes their password: their other sessions end.
    a_new_password, retried AgainAndAgain;
    arrange |environment| environment.user().await;
    act |process, actors| {
        let command = ChangePasswordCommand {
            current: password(Actors::PASSWORD),
            new: password(Actors::NEW_PASSWORD),
            presence: Presence::default(),
        };
        process.cases.accounts.change_password.run(&actors.actor(), command).await
    };
    check |environment, actors| {
        let account = environment.account(actors).await.ok_or("the account is gone")?;
        let hasher = FakePasswordHasher { strength: Process::STRENGTH };
        let check = hasher.verify(&password(Actors::NEW_PASSWORD), &account.user.password_hash).await;
        expect(check.is_ok_and(|check| check == PasswordCheck::Right), "the password is another one")?;
        expect(living(environment, actors).await == [actors.session], "other sessions live, or their own ended")
    }
}

scenario! {
    /// A user leaves, with everything they have.
    an_end_of_an_account, retried AgainAndAgain;
    arrange |environment| {
        let actors = environment.user_with_thumbnail().await;
        environment.healthy().file_of(&actors, "notes.txt", &crate::kill_points::Environment::text()).await;
        actors
    };
    act |process, actors| {
        let there = Presence::default();
        process.cases.accounts.remove.run(&actors.actor(), password(Actors::PASSWORD), &there).await
    };
    check |environment, actors| {
        expect(environment.account(actors).await.is_none(), "the account is still there")?;
        expect(environment.debris().await == 0, "bytes are still there")
    }
}
