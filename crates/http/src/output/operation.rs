//! Operations and the results of batches, as clients see them.

use fm_api_types::{BatchResult, BatchResults, FailedItem, Operation, OperationItem, OperationResult};
use fm_application::tree::{self, BatchItem, BatchOutcome, ItemView, OperationView};
use fm_domain::ids::NodeId;

use super::about::About;
use super::json::Json;
use super::trash::trashed;
use crate::problem::Code;

/// An operation, without what is left of it.
pub(crate) fn operation(view: &OperationView) -> Operation {
    let operation = &view.operation;
    let failed = operation.failed.iter();
    Operation {
        id: operation.id.uuid(),
        kind: operation.kind.as_str().to_owned(),
        status: operation.status.as_str().to_owned(),
        done_count: operation.done,
        total_count: operation.total,
        failed: failed.map(|item| FailedItem { id: item.id.uuid(), code: item.code.clone() }).collect(),
        result: view.result.as_ref().map(result),
        created_at: operation.created_at.into(),
    }
}

fn result(result: &tree::OperationResult) -> OperationResult {
    match result {
        tree::OperationResult::Item(id) => OperationResult::Item(OperationItem { item_id: id.uuid() }),
        tree::OperationResult::Batch(results) => {
            let (succeeded, failed) = counts(results);
            let results = results.iter().map(without_item).collect();
            OperationResult::Batch(BatchResults { results, succeeded, failed })
        }
    }
}

/// The JSON of [`BatchResults`], with the items.
pub(crate) fn batch_results(results: Vec<tree::BatchResult>, base_path: &str) -> serde_json::Result<Vec<u8>> {
    let (succeeded, failed) = counts(&results);
    let mut json = Json::with_room(1024 * results.len(), base_path);
    json.raw("{\"results\":[");
    for (index, result) in results.into_iter().enumerate() {
        if index > 0 {
            json.raw(",");
        }
        json.batch_result(result)?;
    }
    json.raw("],\"succeeded\":");
    json.value(&succeeded)?;
    json.raw(",\"failed\":");
    json.value(&failed)?;
    json.raw("}");
    Ok(json.bytes)
}

impl Json<'_> {
    fn batch_result(&mut self, result: tree::BatchResult) -> serde_json::Result<()> {
        self.raw("{\"id\":");
        self.value(&result.id)?;
        self.raw(",\"op\":");
        self.plain(result.op.as_str());
        self.raw(",\"status\":");
        self.value(&status(&result))?;
        match result.outcome {
            BatchOutcome::Item(item) => {
                let BatchItem { view, path, requested_name } = item;
                self.raw(",\"item\":");
                self.item(&view, &About { path, requested_name, ..About::NOTHING })?;
            }
            BatchOutcome::Trashed(view) => {
                self.raw(",\"item\":");
                self.value(&trashed(&view))?;
            }
            BatchOutcome::Done { item, requested_name } => {
                if let Some(id) = item {
                    self.raw(",\"item_id\":");
                    self.id(id.uuid());
                }
                if let Some(name) = requested_name {
                    self.raw(",\"requested_name\":");
                    self.value(name.as_str())?;
                }
            }
            BatchOutcome::Refused(refusal) => {
                self.raw(",\"code\":");
                self.plain(refusal.code());
            }
        }
        self.raw("}");
        Ok(())
    }
}

fn counts(results: &[tree::BatchResult]) -> (usize, usize) {
    let succeeded = results.iter().filter(|result| result.is_done()).count();
    (succeeded, results.len() - succeeded)
}

fn without_item(result: &tree::BatchResult) -> BatchResult {
    let (item, requested_name) = match &result.outcome {
        BatchOutcome::Item(item) => (Some(id_of(&item.view)), item.requested_name.as_ref()),
        BatchOutcome::Trashed(view) => (Some(view.trashed.item.id()), None),
        BatchOutcome::Done { item, requested_name } => (*item, requested_name.as_ref()),
        BatchOutcome::Refused(_) => (None, None),
    };
    let code = match &result.outcome {
        BatchOutcome::Refused(refusal) => Some(refusal.code().to_owned()),
        BatchOutcome::Item(_) | BatchOutcome::Trashed(_) | BatchOutcome::Done { .. } => None,
    };
    BatchResult {
        id: result.id.clone(),
        op: result.op.as_str().to_owned(),
        status: status(result),
        item: None,
        item_id: item.map(NodeId::uuid),
        requested_name: requested_name.map(|name| name.as_str().to_owned()),
        code,
    }
}

fn id_of(view: &ItemView) -> NodeId {
    match view {
        ItemView::File(view) => view.file.id.into(),
        ItemView::Folder(view) => view.folder.id,
    }
}

/// The status that the change alone would be answered with.
fn status(result: &tree::BatchResult) -> u16 {
    match (&result.outcome, result.op) {
        (BatchOutcome::Refused(refusal), _) => Code::from(*refusal).status().as_u16(),
        (_, tree::BatchOp::Copy) if !result.replaced => 201,
        (_, tree::BatchOp::Delete) => 204,
        (_, tree::BatchOp::Move | tree::BatchOp::Copy | tree::BatchOp::Trash | tree::BatchOp::Restore) => 200,
    }
}
