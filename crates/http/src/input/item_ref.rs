//! Ids of items, as clients write them: `root` is the caller's own root folder.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use fm_domain::access::Actor;
use fm_domain::ids::{DriveId, NodeId};
use serde_json::Value;

use super::text;
use crate::problem::{Code, Problem};

/// An item as a client names it; in a path it is the `{id}`. Reading it never fails: whether it names anything is checked after
/// authentication, and a text that is no id is answered like an unknown one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemRef {
    /// The caller's own root folder.
    Root,
    /// The item with this id.
    Id(NodeId),
    /// The text is no id.
    Nothing,
}

impl ItemRef {
    /// The item that this text names.
    pub(crate) fn of(text: &str) -> Self {
        if text == "root" { Self::Root } else { NodeId::parse(text).map_or(Self::Nothing, Self::Id) }
    }

    /// The root folder of the caller.
    pub(crate) const fn root_of(actor: &Actor) -> NodeId {
        NodeId::root(DriveId::of_user(actor.user()))
    }

    /// Its id, if it is one.
    pub(crate) const fn find(self, actor: &Actor) -> Option<NodeId> {
        match self {
            Self::Root => Some(Self::root_of(actor)),
            Self::Id(id) => Some(id),
            Self::Nothing => None,
        }
    }

    /// Its id; 404 where it is none.
    pub(crate) fn known(self, actor: &Actor) -> Result<NodeId, Problem> {
        self.find(actor).ok_or_else(|| Problem::of(Code::NotFound))
    }
}

impl FromRequest for ItemRef {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.match_info().get("id").map_or(Self::Nothing, Self::of)))
    }
}

/// Reads a string as an item.
pub(crate) fn item_ref(value: &Value) -> Result<ItemRef, String> {
    text(value).map(ItemRef::of)
}

#[cfg(test)]
mod tests {
    use fm_domain::access::Actor;
    use fm_domain::ids::{NodeId, SessionId, UserId};
    use fm_domain::testing::CountingIds;

    use super::ItemRef;

    #[test]
    fn the_root_of_the_caller_is_named_by_a_word_and_others_by_their_ids() {
        let user = CountingIds::nth(1);
        let actor = Actor::in_session(UserId::new(user), SessionId::new(CountingIds::nth(2)));
        let item = NodeId::new(CountingIds::nth(3));
        assert_eq!(ItemRef::of("root").find(&actor), Some(NodeId::new(user)));
        assert_eq!(ItemRef::of(&item.to_string().to_uppercase()).find(&actor), Some(item));
        for nothing in ["", "Root", "roots", "3", "..", &item.to_string()[1..]] {
            assert_eq!(ItemRef::of(nothing).find(&actor), None, "{nothing}");
            assert!(ItemRef::of(nothing).known(&actor).is_err(), "{nothing}");
        }
    }
}
