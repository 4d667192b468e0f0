#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::ShowOperation;
use crate::fixture::{access, actor};
use crate::testing::TestPorts;
use crate::tree::fixture::{an_operation, before, node, operation_id};
use crate::tree::operations::Stored;
use crate::tree::work::Work;
use crate::tree::{OperationResult, OperationView, TreeError};
use fm_domain::access::Right;
use fm_domain::testing::FakeReads;
use fm_domain::tree::{Operation, OperationKind, OperationStatus};

async fn show(found: Option<Operation>) -> Result<OperationView, TreeError> {
    let mut reads = FakeReads::default();
    reads.tree.expect_operation().times(1).return_once(move |asked, id| {
        assert_eq!((asked, id), (&access(Right::Read), operation_id()));
        Ok(found)
    });
    let mut doubles = TestPorts::default();
    doubles.db = doubles.db.reads(reads);
    ShowOperation::new(&doubles.ports()).run(&actor(), operation_id()).await
}

#[tokio::test]
async fn what_comes_of_an_operation_is_shown_once_it_has_ended() {
    let running = Operation {
        result: Some(Stored::Item(node(4)).write().unwrap()),
        ..an_operation(OperationKind::Restore, Work::Restore { top: node(4) })
    };
    let view = show(Some(running.clone())).await.unwrap();
    assert_eq!((view.operation, view.result), (running.clone(), None));
    let view = show(Some(running.ended(OperationStatus::Done, before()))).await.unwrap();
    assert_eq!(view.result, Some(OperationResult::Item(node(4))));
}

#[tokio::test]
async fn an_operation_that_is_not_there_or_can_not_be_read_is_not_shown() {
    assert!(matches!(show(None).await, Err(TreeError::NotFound)));
    let unreadable = Operation {
        result: Some(serde_json::json!("nothing")),
        ..an_operation(OperationKind::Restore, Work::Restore { top: node(4) })
    };
    let outcome = show(Some(unreadable.ended(OperationStatus::Done, before()))).await;
    assert!(matches!(outcome, Err(TreeError::Store(_))), "{outcome:?}");
}
