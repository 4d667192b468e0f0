use uuid::Uuid;

use super::{Access, AccessDenied, Actor, Client, Right, Scopes};
use crate::ids::{SessionId, UserId};

const USER: UserId = UserId::new(Uuid::from_u128(1));
const SESSION: SessionId = SessionId::new(Uuid::from_u128(2));

#[test]
fn a_session_gives_every_right_to_what_its_user_owns_and_to_nothing_else() {
    let actor = Actor::in_session(USER, SESSION);
    assert_eq!((actor.user(), actor.session()), (USER, SESSION));
    for right in Right::ALL {
        let access = actor.access(right);
        assert_eq!(access, Ok(Access::on_behalf_of(USER, right)));
        assert_eq!(access.map(|access| (access.owner(), access.right())), Ok((USER, right)));
    }
}

#[test]
fn a_right_that_the_scopes_do_not_give_is_refused_and_named() {
    for given in Right::ALL {
        let actor = Actor::in_session(USER, SESSION).limited_to(Scopes::NONE.with(given));
        for wanted in Right::ALL {
            let access = actor.access(wanted);
            assert_eq!(access.is_ok(), wanted == given, "{wanted:?} with {given:?}");
            assert_eq!(access.err().map(|denied| denied.right()), (wanted != given).then_some(wanted));
        }
    }
    let nothing = Actor::in_session(USER, SESSION).limited_to(Scopes::NONE);
    assert!(Right::ALL.iter().all(|right| nothing.access(*right).is_err()));
}

#[test]
fn a_client_changes_nothing_but_where_the_actor_asks_from() {
    let client = Client { ip: Some("192.0.2.7".to_owned()), user_agent: Some("a phone/1.0".to_owned()) };
    let nowhere = Actor::in_session(USER, SESSION).limited_to(Scopes::NONE.with(Right::Read));
    let somewhere = nowhere.clone().through(client.clone());
    assert_eq!(nowhere.client(), &Client::default());
    assert_eq!(somewhere.client(), &client);
    assert_eq!((somewhere.user(), somewhere.session()), (USER, SESSION));
    assert!(somewhere.access(Right::Read).is_ok() && somewhere.access(Right::Write).is_err());
}

#[test]
fn a_user_agent_is_stored_up_to_512_characters() {
    let client = |user_agent: &str| Client { ip: None, user_agent: Some(user_agent.to_owned()) };
    assert_eq!(client(&"ü".repeat(600)).shortened(), client(&"ü".repeat(512)));
    assert_eq!(client("a phone").shortened(), client("a phone"));
    assert_eq!(Client::default().shortened(), Client::default());
}

#[test]
fn scopes_add_up_and_all_of_them_are_all_rights() {
    let each = Right::ALL.into_iter().fold(Scopes::NONE, Scopes::with);
    assert_eq!(each, Scopes::ALL);
    assert_ne!(Scopes::NONE.with(Right::Read).with(Right::Write), Scopes::ALL);
}

#[test]
fn a_refusal_says_which_right_is_missing() {
    let said = |right| AccessDenied { right }.to_string();
    assert_eq!(
        Right::ALL.map(said),
        ["read", "write", "delete"]
            .map(|right| format!("the scopes of the credential do not give the right to {right}"))
    );
}
