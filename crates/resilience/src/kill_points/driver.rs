//! Runs a scenario again and again, with a fault at another place each time.

use std::fmt;
use std::time::Duration;

use fm_application::ports::Presence;
use fm_application::tree::DeleteCommand;
use fm_domain::access::Actor;
use fm_domain::accounts::Password;

use super::course::Course;
use super::{
    Actors, Environment, InjectedFault, InjectionPoint, Meanwhile, Outcome, Process, Resuming, Retry,
    Scenario, Whole, invariants,
};
use crate::fault::{Fault, Faults, Operation};
use fm_contract::{BlobStoreHarness, DatabaseHarness, SessionStoreHarness};

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The name of the scenario.
    pub scenario: &'static str,
    /// How the store resumed uploads.
    pub resuming: Resuming,
    /// The fault, and where it was injected; `None`: there was none.
    pub point: Option<InjectionPoint>,
    /// When it was seen, and what does not hold.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, resuming, point, what } = self;
        let how = if *resuming == Resuming::InNumberedParts { " in numbered parts" } else { "" };
        match point {
            Some(point) => write!(f, "{scenario}{how}, {point}: {what}"),
            None => write!(f, "{scenario}{how}, undisturbed: {what}"),
        }
    }
}

impl std::error::Error for Broken {}

/// Runs the scenario once undisturbed and once with each of the faults at each of its calls that can suffer it, on fresh
/// adapters of the harnesses; how often a fault was injected. `None`: the store lacks the port that the scenario needs.
pub async fn inject<D: DatabaseHarness, B: BlobStoreHarness, S: SessionStoreHarness>(
    scenario: &Scenario,
    injected: &[InjectedFault],
) -> Result<Option<usize>, Broken> {
    let mut points = 0;
    for resuming in Resuming::of(scenario.needs) {
        let environment = Environment::fresh::<D, B, S>(*resuming).await;
        if !environment.has(scenario.needs) {
            return Ok(None);
        }
        points += inject_in(&environment, scenario, injected).await?;
    }
    Ok(Some(points))
}

async fn inject_in(
    environment: &Environment,
    scenario: &Scenario,
    injected: &[InjectedFault],
) -> Result<usize, Broken> {
    let mut course = Course::default();
    let (calls, has_file) = play(environment, scenario, None, &mut course).await?;
    let mut points = 0;
    for (place, operation) in calls.into_iter().enumerate() {
        for fault in injected.iter().copied().filter(|fault| fault.fits(operation)) {
            if matches!(fault, InjectedFault::Pause(_, Meanwhile::Removal)) && !has_file {
                continue;
            }
            let point = InjectionPoint { call: place + 1, operation, fault };
            play(environment, scenario, Some(point), &mut course).await?;
            points += 1;
        }
    }
    Ok(points)
}

/// One run with actors of its own; the calls that it made, and whether there was a file from the beginning. The undisturbed one has to
/// come first.
async fn play(
    environment: &Environment,
    scenario: &Scenario,
    point: Option<InjectionPoint>,
    course: &mut Course,
) -> Result<(Vec<Operation>, bool), Broken> {
    let faults = Faults::new();
    let actors = (scenario.arrange)(environment).await;
    let played = Box::pin(act(environment, scenario, &actors, &faults, point, course)).await;
    let resuming = environment.resuming;
    played.map_err(|what| Broken { scenario: scenario.name, resuming, point, what })?;
    Ok((faults.calls(), actors.file.is_some()))
}

/// A process that has done what it did before; the fault is planned for what it does next.
async fn start(
    environment: &Environment,
    scenario: &Scenario,
    actors: &Actors,
    faults: &Faults,
    point: Option<InjectionPoint>,
) -> Process {
    let process = environment.process(faults);
    (scenario.before)(&process, actors).await;
    faults.reset();
    if let Some(InjectionPoint { call, fault, .. }) = point {
        faults.plan(fault.when(call), fault.fault());
    }
    process
}

async fn act(
    environment: &Environment,
    scenario: &Scenario,
    actors: &Actors,
    faults: &Faults,
    point: Option<InjectionPoint>,
    course: &mut Course,
) -> Result<(), String> {
    let process = start(environment, scenario, actors, faults, point).await;
    if point.is_none() {
        seen("before", course.begin(environment, actors).await)?;
    }
    let outcome = {
        let mut acting = (scenario.act)(&process, actors);
        tokio::select! {
            outcome = &mut acting => Some(outcome),
            _operation = faults.crashed() => None,
            _operation = faults.suspended() => {
                seen("in the meantime", meanwhile(environment, scenario, actors, point).await)?;
                faults.resume();
                Some(acting.await)
            }
        }
    };
    drop(process);
    hit(faults, point)?;
    heard(scenario, point, outcome.as_ref())?;
    seen("at once", invariants::at_once(environment, actors).await)?;
    if let Some(InjectedFault::Pause(_, meanwhile)) = point.map(|point| point.fault) {
        seen("while it recovered", environment.recover().await)?;
        seen("after it recovered", invariants::in_the_end(environment, actors).await)?;
        if outcome == Some(Outcome::Done) && matches!(meanwhile, Meanwhile::Recovery | Meanwhile::TheSame) {
            seen("though it was told to be done", (scenario.check)(environment, actors).await)?;
        }
    } else {
        if scenario.whole == Whole::AtOnce {
            seen("at once", whole(environment, actors, point, course).await)?;
        }
        recover_and_retry(environment, scenario, actors, outcome.as_ref(), point, course).await?;
    }
    seen("after the account was removed", leave(environment, actors).await)
}

/// All of the change is there, or nothing. Undisturbed it is learnt what all of it is.
async fn whole(
    environment: &Environment,
    actors: &Actors,
    point: Option<InjectionPoint>,
    course: &mut Course,
) -> Result<(), String> {
    if point.is_none() {
        course.end(environment, actors).await
    } else {
        course.is_whole(environment, actors).await
    }
}

/// The client that heard nothing, or of a fault, tries again; in between everything recovers.
async fn recover_and_retry(
    environment: &Environment,
    scenario: &Scenario,
    actors: &Actors,
    outcome: Option<&Outcome>,
    point: Option<InjectionPoint>,
    course: &mut Course,
) -> Result<(), String> {
    if point.is_some() && scenario.retry != Retry::Late {
        environment.pass(Duration::from_secs(1));
        again("promptly", environment, scenario, actors).await?;
    }
    seen("while it recovered", environment.recover().await)?;
    seen("after it recovered", invariants::in_the_end(environment, actors).await)?;
    if scenario.whole == Whole::Recovered {
        seen("after it recovered", whole(environment, actors, point, course).await)?;
    }
    if outcome == Some(&Outcome::Done) {
        seen("though it was told to be done", (scenario.check)(environment, actors).await)?;
    }
    if point.is_some() {
        if scenario.retry != Retry::Promptly {
            again("after it recovered", environment, scenario, actors).await?;
            seen("while it recovered from the retry", environment.recover().await)?;
            seen("after the retry", invariants::in_the_end(environment, actors).await)?;
        }
        seen("after the retry", (scenario.check)(environment, actors).await)?;
    }
    Ok(())
}

/// What happens while the process stands still.
async fn meanwhile(
    environment: &Environment,
    scenario: &Scenario,
    actors: &Actors,
    point: Option<InjectionPoint>,
) -> Result<(), String> {
    let Some(InjectedFault::Pause(_, meanwhile)) = point.map(|point| point.fault) else { return Ok(()) };
    match meanwhile {
        Meanwhile::Recovery => environment.take_over().await?,
        Meanwhile::TheSame => again("by another process", environment, scenario, actors).await?,
        Meanwhile::Removal => {
            if let Some(file) = &actors.file {
                let command =
                    DeleteCommand { item: file.id.into(), kind: None, if_match: None, recursive: false };
                let removed =
                    Outcome::of(environment.healthy().cases.tree.delete.run(&actors.actor(), command).await);
                served("the file can't be removed", removed)?;
                environment.take_over().await?;
            }
        }
        Meanwhile::Leaving => {
            remove_account(environment, actors).await?;
            environment.take_over().await?;
        }
    }
    invariants::at_once(environment, actors).await
}

fn seen(when: &str, outcome: Result<(), String>) -> Result<(), String> {
    outcome.map_err(|what| format!("{when}: {what}"))
}

/// A fault that did not happen, or happened elsewhere, would show nothing.
fn hit(faults: &Faults, point: Option<InjectionPoint>) -> Result<(), String> {
    let expected = point.map(|point| (point.operation, point.fault.fault()));
    let lasts = matches!(point.map(|point| point.fault), Some(InjectedFault::Outage(..)));
    let injected = faults.injected();
    if injected.first() == expected.as_ref() && (injected.len() < 2 || lasts) {
        Ok(())
    } else {
        Err(format!("the fault went astray: {injected:?}"))
    }
}

/// What a client may be told: nothing by the dead, no failure where nothing failed or a unit may be tried again.
fn heard(
    scenario: &Scenario,
    point: Option<InjectionPoint>,
    outcome: Option<&Outcome>,
) -> Result<(), String> {
    match (point.map(|point| point.fault), outcome) {
        (Some(InjectedFault::Kill(_)), None) => Ok(()),
        (Some(InjectedFault::Kill(_)), Some(outcome)) => Err(format!("the dead answered {outcome:?}")),
        (Some(InjectedFault::Fault(Fault::Contend)), Some(_)) if scenario.retry == Retry::NextTurn => Ok(()),
        (None | Some(InjectedFault::Fault(Fault::Contend)), Some(Outcome::Failed(why))) => {
            Err(format!("the client is told of a failure: {why}"))
        }
        (_, None) => Err("the client was told nothing".to_owned()),
        (_, Some(_)) => Ok(()),
    }
}

/// The client tries again, and is served or refused.
async fn again(
    when: &str,
    environment: &Environment,
    scenario: &Scenario,
    actors: &Actors,
) -> Result<(), String> {
    let outcome = (scenario.act)(&environment.healthy(), actors).await;
    served(&format!("tried again {when}"), outcome)
}

fn served(what: &str, outcome: Outcome) -> Result<(), String> {
    match outcome {
        Outcome::Failed(why) => Err(format!("{what}: {why}")),
        Outcome::Done | Outcome::Refused(_) => Ok(()),
    }
}

/// The account goes, whatever its password is now, if it is there.
async fn remove_account(environment: &Environment, actors: &Actors) -> Result<(), String> {
    let Some(account) = environment.account(actors).await else { return Ok(()) };
    let process = environment.healthy();
    let actor = Actor::in_session(account.user.id, actors.session);
    for password in [Actors::PASSWORD, Actors::NEW_PASSWORD] {
        let password = Password::candidate(password.to_owned());
        let there = Presence::default();
        // On the heap: every scenario ends with it, and its future is large.
        let removal = Box::pin(process.cases.accounts.remove.run(&actor, password, &there));
        let outcome = Outcome::of(removal.await);
        served("the account can't be removed", outcome)?;
    }
    if environment.account(actors).await.is_none() {
        Ok(())
    } else {
        Err("the account is still there".to_owned())
    }
}

/// The account goes, and everything with it.
async fn leave(environment: &Environment, actors: &Actors) -> Result<(), String> {
    remove_account(environment, actors).await?;
    environment.mark_stored().await?;
    invariants::in_the_end(environment, actors).await?;
    match environment.debris().await {
        0 => Ok(()),
        debris => Err(format!("{debris} things are left in the store")),
    }
}
