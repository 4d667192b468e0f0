//! Accounts.

use fm_application::accounts::{ChangePasswordCommand, RegisterCommand};
use fm_domain::accounts::{Password, PasswordCheck, PasswordHasher as _};

use super::sessions::living;
use super::{expect, scenario};
use crate::kill_points::{Cast, Process};
use fm_contract::fakes::FakePasswordHasher;

fn password(text: &str) -> Password {
    Password::candidate(text.to_owned())
}

scenario! {
    /// Somebody registers.
    a_registration, retried AgainAndAgain;
    arrange |world| world.stranger();
    act |process, cast| {
        let email = cast.email.parse().unwrap();
        let command = RegisterCommand { email, password: password(Cast::PASSWORD), name: None };
        process.cases.accounts.register.run(command).await
    };
    check |world, cast| expect(world.account(cast).await.is_some(), "there is no account")
}

scenario! {
    /// Somebody takes another name.
    a_new_name, retried Late;
    arrange |world| world.user().await;
    act |process, cast| {
        let name = "Countess Lovelace".parse().ok();
        process.cases.accounts.rename.run(&cast.caller(), name).await
    };
    check |world, cast| {
        let name = world.account(cast).await.and_then(|account| account.user.name);
        expect(name.is_some_and(|name| name.as_str() == "Countess Lovelace"), "the name is another one")
    }
}

scenario! {
    /// Somebody changes their password: their other sessions end.
    a_new_password, retried AgainAndAgain;
    arrange |world| world.user().await;
    act |process, cast| {
        let command =
            ChangePasswordCommand { current: password(Cast::PASSWORD), new: password(Cast::NEW_PASSWORD) };
        process.cases.accounts.change_password.run(&cast.caller(), command).await
    };
    check |world, cast| {
        let account = world.account(cast).await.ok_or("the account is gone")?;
        let hasher = FakePasswordHasher { strength: Process::STRENGTH };
        let check = hasher.verify(&password(Cast::NEW_PASSWORD), &account.user.password_hash).await;
        expect(check.is_ok_and(|check| check == PasswordCheck::Right), "the password is another one")?;
        expect(living(world, cast).await == [cast.session], "other sessions live, or their own ended")
    }
}

scenario! {
    /// Somebody leaves, with everything they have.
    an_end_of_an_account, retried AgainAndAgain;
    arrange |world| {
        let cast = world.user_with_thumbnail().await;
        world.healthy().file_of(&cast, "notes.txt", &crate::kill_points::World::text()).await;
        cast
    };
    act |process, cast| process.cases.accounts.remove.run(&cast.caller(), password(Cast::PASSWORD)).await;
    check |world, cast| {
        expect(world.account(cast).await.is_none(), "the account is still there")?;
        expect(world.debris().await == 0, "bytes are still there")
    }
}
