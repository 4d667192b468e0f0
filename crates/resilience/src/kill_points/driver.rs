//! Runs a scenario again and again, struck at another place each time.

use std::fmt;
use std::time::Duration;

use fm_application::files::RemoveCommand;
use fm_application::sessions::Caller;
use fm_domain::accounts::Password;

use super::{Cast, Meanwhile, Retry, Scenario, Strike, Struck, Told, World, invariants};
use crate::fault::{Fault, Faults, Operation};
use fm_contract::{BlobStoreHarness, DatabaseHarness, SessionStoreHarness};

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The name of the scenario.
    pub scenario: &'static str,
    /// Where it was struck; `None`: nowhere.
    pub struck: Option<Struck>,
    /// When it was seen, and what does not hold.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, struck, what } = self;
        match struck {
            Some(struck) => write!(f, "{scenario}, {struck}: {what}"),
            None => write!(f, "{scenario}, undisturbed: {what}"),
        }
    }
}

impl std::error::Error for Broken {}

/// Runs the scenario once undisturbed and once with each of the strikes at each of its calls that can suffer it, on
/// fresh adapters of the harnesses; how often it was struck.
pub async fn strike<D: DatabaseHarness, B: BlobStoreHarness, S: SessionStoreHarness>(
    scenario: &Scenario,
    strikes: &[Strike],
) -> Result<usize, Broken> {
    let world = World::fresh::<D, B, S>().await;
    let (calls, has_file) = play(&world, scenario, None).await?;
    let mut points = 0;
    for (place, operation) in calls.into_iter().enumerate() {
        for strike in strikes.iter().copied().filter(|strike| strike.fits(operation)) {
            if matches!(strike, Strike::Pause(_, Meanwhile::Removal)) && !has_file {
                continue;
            }
            let struck = Struck { call: place + 1, operation, strike };
            play(&world, scenario, Some(struck)).await?;
            points += 1;
        }
    }
    Ok(points)
}

/// One run with a cast of its own; the calls that it made, and whether there was a file from the beginning.
async fn play(
    world: &World,
    scenario: &Scenario,
    struck: Option<Struck>,
) -> Result<(Vec<Operation>, bool), Broken> {
    let faults = Faults::new();
    if let Some(Struck { call, strike, .. }) = struck {
        faults.plan(strike.when(call), strike.fault());
    }
    let cast = (scenario.arrange)(world).await;
    let played = act(world, scenario, &cast, &faults, struck).await;
    played.map_err(|what| Broken { scenario: scenario.name, struck, what })?;
    Ok((faults.calls(), cast.file.is_some()))
}

async fn act(
    world: &World,
    scenario: &Scenario,
    cast: &Cast,
    faults: &Faults,
    struck: Option<Struck>,
) -> Result<(), String> {
    let told = {
        let process = world.process(faults);
        let mut acting = (scenario.act)(&process, cast);
        tokio::select! {
            told = &mut acting => Some(told),
            _operation = faults.crashed() => None,
            _operation = faults.suspended() => {
                seen("in the meantime", meanwhile(world, scenario, cast, struck).await)?;
                faults.resume();
                Some(acting.await)
            }
        }
    };
    hit(faults, struck)?;
    heard(scenario, struck, told.as_ref())?;
    seen("at once", invariants::at_once(world, cast).await)?;
    match struck.map(|struck| struck.strike) {
        Some(Strike::Pause(_, meanwhile)) => {
            seen("while it recovered", world.recover().await)?;
            seen("after it recovered", invariants::in_the_end(world, cast).await)?;
            if told == Some(Told::Done) && matches!(meanwhile, Meanwhile::Recovery | Meanwhile::TheSame) {
                seen("though it was told to be done", (scenario.check)(world, cast).await)?;
            }
        }
        strike => recover_and_retry(world, scenario, cast, told.as_ref(), strike.is_some()).await?,
    }
    seen("after the account was removed", leave(world, cast).await)
}

/// The client that heard nothing, or of a fault, tries again; in between everything recovers.
async fn recover_and_retry(
    world: &World,
    scenario: &Scenario,
    cast: &Cast,
    told: Option<&Told>,
    struck: bool,
) -> Result<(), String> {
    if struck && scenario.retry != Retry::Late {
        world.pass(Duration::from_secs(1));
        again("promptly", world, scenario, cast).await?;
    }
    seen("while it recovered", world.recover().await)?;
    seen("after it recovered", invariants::in_the_end(world, cast).await)?;
    if told == Some(&Told::Done) {
        seen("though it was told to be done", (scenario.check)(world, cast).await)?;
    }
    if struck {
        if scenario.retry != Retry::Promptly {
            again("after it recovered", world, scenario, cast).await?;
            seen("while it recovered from the retry", world.recover().await)?;
            seen("after the retry", invariants::in_the_end(world, cast).await)?;
        }
        seen("after the retry", (scenario.check)(world, cast).await)?;
    }
    Ok(())
}

/// What happens while the process stands still.
async fn meanwhile(
    world: &World,
    scenario: &Scenario,
    cast: &Cast,
    struck: Option<Struck>,
) -> Result<(), String> {
    let Some(Strike::Pause(_, meanwhile)) = struck.map(|struck| struck.strike) else { return Ok(()) };
    match meanwhile {
        Meanwhile::Recovery => world.take_over().await?,
        Meanwhile::TheSame => again("by another process", world, scenario, cast).await?,
        Meanwhile::Removal => {
            if let Some(file) = &cast.file {
                let command = RemoveCommand { owner: cast.user, file: file.id, if_match: None };
                let removed = Told::of(world.healthy().cases.files.remove.run(command).await);
                served("the file can't be removed", removed)?;
                world.take_over().await?;
            }
        }
        Meanwhile::Leaving => {
            remove_account(world, cast).await?;
            world.take_over().await?;
        }
    }
    invariants::at_once(world, cast).await
}

fn seen(when: &str, outcome: Result<(), String>) -> Result<(), String> {
    outcome.map_err(|what| format!("{when}: {what}"))
}

/// A strike that did not hit, or hit something else, would show nothing.
fn hit(faults: &Faults, struck: Option<Struck>) -> Result<(), String> {
    let expected = struck.map(|struck| (struck.operation, struck.strike.fault()));
    let lasts = matches!(struck.map(|struck| struck.strike), Some(Strike::Outage(..)));
    let injected = faults.injected();
    if injected.first() == expected.as_ref() && (injected.len() < 2 || lasts) {
        Ok(())
    } else {
        Err(format!("the strike went astray: {injected:?}"))
    }
}

/// What a client may be told: nothing by the dead, no failure where nothing failed or a unit may be tried again.
fn heard(scenario: &Scenario, struck: Option<Struck>, told: Option<&Told>) -> Result<(), String> {
    match (struck.map(|struck| struck.strike), told) {
        (Some(Strike::Kill(_)), None) => Ok(()),
        (Some(Strike::Kill(_)), Some(told)) => Err(format!("the dead told {told:?}")),
        (Some(Strike::Fault(Fault::Contend)), Some(_)) if scenario.retry == Retry::NextTurn => Ok(()),
        (None | Some(Strike::Fault(Fault::Contend)), Some(Told::Failed(why))) => {
            Err(format!("the client is told of a failure: {why}"))
        }
        (_, None) => Err("the client was told nothing".to_owned()),
        (_, Some(_)) => Ok(()),
    }
}

/// The client tries again, and is served or refused.
async fn again(when: &str, world: &World, scenario: &Scenario, cast: &Cast) -> Result<(), String> {
    let told = (scenario.act)(&world.healthy(), cast).await;
    served(&format!("tried again {when}"), told)
}

fn served(what: &str, told: Told) -> Result<(), String> {
    match told {
        Told::Failed(why) => Err(format!("{what}: {why}")),
        Told::Done | Told::Refused(_) => Ok(()),
    }
}

/// The account goes, whatever its password is now, if it is there.
async fn remove_account(world: &World, cast: &Cast) -> Result<(), String> {
    let Some(account) = world.account(cast).await else { return Ok(()) };
    let process = world.healthy();
    let caller = Caller { user: account.user.id, session: cast.session };
    for password in [Cast::PASSWORD, Cast::NEW_PASSWORD] {
        let password = Password::candidate(password.to_owned());
        let told = Told::of(process.cases.accounts.remove.run(&caller, password).await);
        served("the account can't be removed", told)?;
    }
    if world.account(cast).await.is_none() { Ok(()) } else { Err("the account is still there".to_owned()) }
}

/// The account goes, and everything with it.
async fn leave(world: &World, cast: &Cast) -> Result<(), String> {
    remove_account(world, cast).await?;
    world.settle().await?;
    invariants::in_the_end(world, cast).await?;
    match world.debris().await {
        0 => Ok(()),
        debris => Err(format!("{debris} things are left in the store")),
    }
}
