//! `POST /v1/batch`

use actix_web::HttpRequest;
use fm_api_types::{Batch, BatchOperation as WireOperation, BatchResults, FieldError, Operation};
use fm_application::tree::{BatchAction, BatchCommand, BatchOp, BatchOperation, Outcome};
use fm_domain::access::Actor;
use fm_domain::files::{FileName, IfMatch};
use fm_domain::idempotency::IdempotencyKey;
use fm_domain::tree::OnConflict;
use serde_json::Value;

use crate::auth::Authenticated;
use crate::input::{
    ItemRef, JsonBody, flag, idempotency_key, if_match_of, item_ref, json_body, parsed, text,
};
use crate::output::{accepted, batch_answer};
use crate::problem::{Answer, Code, Problem};
use crate::settings::BATCH_JSON_LIMIT;
use crate::state::State;

/// Those of a batch of which all or none are to be done are the problems of its operations too.
pub(super) const PROBLEMS: &[Code] = &[
    Code::MalformedRequest,
    Code::NotFound,
    Code::NameTaken,
    Code::FolderNotEmpty,
    Code::MoveIntoItself,
    Code::TooDeep,
    Code::FolderFull,
    Code::ParentTrashed,
    Code::Conflict,
    Code::PreconditionFailed,
    Code::PayloadTooLarge,
    Code::BatchTooLarge,
    Code::QuotaExceeded,
    Code::UnsupportedMediaType,
    Code::ValidationFailed,
];

json_body! {
    /// What is read of it.
    pub(crate) struct RunBatchBody for Batch {
        operations: Vec<GivenOperation> => objects(),
        atomic: Option<bool> => optional(flag),
    }
}

json_body! {
    struct GivenOperation for WireOperation {
        op: BatchOp => required(op),
        id: String => required(name_of_item),
        parent_id: Option<ItemRef> => optional(item_ref),
        name: Option<FileName> => optional(parsed),
        on_conflict: Option<OnConflict> => optional(parsed),
        if_match: Option<IfMatch> => optional(tags),
        recursive: Option<bool> => optional(flag),
        recreate_parents: Option<bool> => optional(flag),
    }
}

const OPS: [BatchOp; 5] = [BatchOp::Move, BatchOp::Copy, BatchOp::Trash, BatchOp::Restore, BatchOp::Delete];

fn op(value: &Value) -> Result<BatchOp, String> {
    let wanted = text(value)?;
    let found = OPS.into_iter().find(|op| op.as_str() == wanted);
    found.ok_or_else(|| "must be move, copy, trash, restore or delete".to_owned())
}

/// How many characters of an id are kept: more than any has. Results repeat it, and are stored.
const ID_CHARS: usize = 64;

/// The beginning of any text: one that is no id names no item.
fn name_of_item(value: &Value) -> Result<String, String> {
    Ok(text(value)?.chars().take(ID_CHARS).collect())
}

fn tags(value: &Value) -> Result<IfMatch, String> {
    if_match_of(&[text(value)?]).ok_or_else(|| "must be an entity tag, or a list of them".to_owned())
}

impl GivenOperation {
    /// Which fields it has, and whether its kind of operation knows them: one that it does not know would be silently ignored.
    fn faults(&self) -> Vec<(&'static str, &'static str)> {
        use BatchOp::{Copy, Delete, Move, Restore, Trash};
        let given: [(&str, bool, &[BatchOp]); 6] = [
            ("parent_id", self.parent_id.is_some(), &[Move, Copy, Restore]),
            ("name", self.name.is_some(), &[Copy]),
            ("on_conflict", self.on_conflict.is_some(), &[Move, Copy, Restore]),
            ("if_match", self.if_match.is_some(), &[Move, Trash, Delete]),
            ("recursive", self.recursive.is_some(), &[Delete]),
            ("recreate_parents", self.recreate_parents.is_some(), &[Restore]),
        ];
        let unknown = given.into_iter().filter(|(_, is_given, known)| *is_given && !known.contains(&self.op));
        let mut faults: Vec<_> =
            unknown.map(|(field, ..)| (field, "does not go with this operation")).collect();
        if self.parent_id.is_none() && matches!(self.op, Move | Copy) {
            faults.push(("parent_id", "is required"));
        }
        faults
    }

    /// The operation. Where one of its ids is none it names no item, and is refused alone.
    fn operation(self, actor: &Actor) -> BatchOperation {
        let parent = self.parent_id.map(|parent| parent.find(actor));
        let parent_is_known = parent.is_none_or(|parent| parent.is_some());
        let item = ItemRef::of(&self.id).find(actor).filter(|_| parent_is_known);
        let parent = parent.flatten();
        let (on_conflict, if_match) = (self.on_conflict, self.if_match);
        // Where the folder is none the operation names no item either.
        let target = parent.unwrap_or(ItemRef::root_of(actor));
        let action = match self.op {
            BatchOp::Move => BatchAction::Move {
                parent: target,
                on_conflict: on_conflict.unwrap_or(OnConflict::Fail),
                if_match,
            },
            BatchOp::Copy => BatchAction::Copy {
                parent: target,
                name: self.name,
                on_conflict: on_conflict.unwrap_or(OnConflict::Rename),
            },
            BatchOp::Trash => BatchAction::Trash { if_match },
            BatchOp::Restore => BatchAction::Restore {
                parent,
                recreate_parents: self.recreate_parents.unwrap_or_default(),
                on_conflict: on_conflict.unwrap_or(OnConflict::Rename),
            },
            BatchOp::Delete => {
                BatchAction::Delete { recursive: self.recursive.unwrap_or_default(), if_match }
            }
        };
        BatchOperation { id: self.id, item, action }
    }
}

impl RunBatchBody {
    fn command(self, key: Option<IdempotencyKey>, actor: &Actor) -> Result<BatchCommand, Problem> {
        if self.operations.is_empty() {
            return Err(Problem::invalid("/operations", "must not be empty"));
        }
        let faults = self.operations.iter().enumerate().flat_map(|(index, operation)| {
            operation.faults().into_iter().map(move |(field, detail)| FieldError {
                pointer: format!("/operations/{index}/{field}"),
                detail: detail.to_owned(),
            })
        });
        let faults: Vec<FieldError> = faults.collect();
        if !faults.is_empty() {
            return Err(Problem::validation(faults));
        }
        let operations = self.operations.into_iter().map(|operation| operation.operation(actor)).collect();
        Ok(BatchCommand { operations, atomic: self.atomic.unwrap_or_default(), key })
    }
}

/// Run a batch
///
/// Moves, copies, trashes, restores and deletes many items in one request, in their order, each judged alone: `results` has the status of
/// each. With `atomic` all are done or none, and a refusal is the problem of that operation, which `pointer` names. What lies in an item that the same batch has moved
/// is moved with it. Beyond 1,000 entries it goes on as an operation.
#[utoipa::path(
    post,
    path = "/v1/batch",
    tag = "tree",
    security(("bearer" = []), ("cookie" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters: a retry with the same key and operations within 24 hours gets the same results, which are kept of the last 1,000 operations.")),
    request_body = Batch,
    responses(
        (status = 200, description = "What became of each operation.", body = BatchResults),
        (status = 202, description = "It goes on as an operation.", body = Operation,
            headers(("Location" = String, description = "`/v1/operations/{id}`"))),
    ),
)]
pub(crate) async fn run_batch(
    request: HttpRequest,
    state: State,
    Authenticated(actor): Authenticated,
    body: JsonBody,
) -> Answer {
    let key = idempotency_key(request.headers())?;
    let body: RunBatchBody = body.up_to(BATCH_JSON_LIMIT).read().await?;
    let command = body.command(key, &actor)?;
    match state.use_cases.tree.batch.run(&actor, command).await? {
        Outcome::Done(results) => batch_answer(results, &state.settings),
        Outcome::Accepted(operation) => accepted(&operation, &state.settings),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may")]

    use fm_domain::files::Revision;
    use fm_domain::ids::{NodeId, SessionId, UserId};
    use fm_domain::testing::CountingIds;
    use serde_json::json;

    use super::*;
    use crate::input::{Fields, FromFields as _};

    fn actor() -> Actor {
        Actor::in_session(UserId::new(CountingIds::nth(1)), SessionId::new(CountingIds::nth(2)))
    }

    fn read(operations: &Value) -> Result<BatchCommand, Problem> {
        let body = json!({"operations": operations});
        let mut fields = Fields::new(body.as_object().unwrap().clone());
        let body = RunBatchBody::read(&mut fields);
        fields.finish(body)?.command(None, &actor())
    }

    #[test]
    fn each_operation_has_the_defaults_of_its_own_route() {
        let id = CountingIds::nth(7);
        let command = read(&json!([
            {"op": "move", "id": id, "parent_id": "root", "if_match": "\"r3-d\""},
            {"op": "copy", "id": id, "parent_id": id},
            {"op": "trash", "id": id},
            {"op": "restore", "id": id},
            {"op": "delete", "id": id, "recursive": true},
        ]))
        .unwrap();
        let (item, root) = (NodeId::new(id), NodeId::new(CountingIds::nth(1)));
        assert!(!command.atomic && command.operations.iter().all(|operation| operation.item == Some(item)));
        let actions: Vec<BatchAction> =
            command.operations.into_iter().map(|operation| operation.action).collect();
        let if_match = Some(IfMatch::Revisions(vec![Revision::new(3)]));
        let (fail, rename) = (OnConflict::Fail, OnConflict::Rename);
        let expected = [
            BatchAction::Move { parent: root, on_conflict: fail, if_match },
            BatchAction::Copy { parent: item, name: None, on_conflict: rename },
            BatchAction::Trash { if_match: None },
            BatchAction::Restore { parent: None, recreate_parents: false, on_conflict: rename },
            BatchAction::Delete { recursive: true, if_match: None },
        ];
        assert_eq!(format!("{actions:?}"), format!("{expected:?}"));
    }

    #[test]
    fn an_id_that_is_none_is_a_matter_of_its_operation_alone() {
        let id = CountingIds::nth(7);
        let command = read(&json!([
            {"op": "trash", "id": "x"},
            {"op": "move", "id": id, "parent_id": "x"},
            {"op": "restore", "id": id, "parent_id": "x"},
            {"op": "trash", "id": id},
            {"op": "trash", "id": "ü".repeat(65)},
        ]))
        .unwrap();
        let items: Vec<bool> = command.operations.iter().map(|operation| operation.item.is_some()).collect();
        assert_eq!(items, [false, false, false, true, false]);
        assert_eq!(command.operations[0].id, "x");
        assert_eq!(command.operations[4].id, "ü".repeat(64), "what is stored has a bound");
    }

    #[test]
    fn a_request_of_the_wrong_shape_is_refused_as_a_whole() {
        let id = CountingIds::nth(7);
        for (operations, pointer) in [
            (json!([]), "/operations"),
            (json!([{"op": "tag", "id": id}]), "/operations/0/op"),
            (json!([{"op": "trash", "id": id}, {"op": "trash"}]), "/operations/1/id"),
            (json!([{"op": "move", "id": id}]), "/operations/0/parent_id"),
            (json!([{"op": "move", "id": id, "parent_id": id, "name": "a"}]), "/operations/0/name"),
            (json!([{"op": "trash", "id": id, "recursive": true}]), "/operations/0/recursive"),
            (json!([{"op": "delete", "id": id, "on_conflict": "fail"}]), "/operations/0/on_conflict"),
            (json!([{"op": "delete", "id": id, "if_match": "r3"}]), "/operations/0/if_match"),
            (json!([{"op": "trash", "id": id, "typo": 1}]), "/operations/0/typo"),
        ] {
            let refused = read(&operations).err().unwrap();
            assert_eq!(refused.errors()[0].pointer, pointer);
        }
    }
}
