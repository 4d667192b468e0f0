//! The statements of the audit trail.

use std::collections::BTreeMap;

use fm_domain::access::Client;
use fm_domain::accounts::User;
use fm_domain::audit::{AuditAction, AuditEntry, AuditFilter, AuditKey, AuditPage};
use fm_domain::database::Database;
use fm_domain::ids::AuditEntryId;
use fm_sqlite::SqliteDatabase;
use uuid::Uuid;

use crate::fill::NOW;

/// A page of all entries: along the primary key, which is the order of the list, up to its limit.
pub(super) const WALK_OF_THE_TRAIL: &str = "SCAN audit_entries";

pub(super) async fn statements(database: &SqliteDatabase, someone: &User) {
    let entry = AuditEntry {
        id: AuditEntryId::new(Uuid::now_v7()),
        at: NOW,
        action: AuditAction::SESSION_CREATED,
        actor: Some(someone.id),
        account: Some(someone.id),
        target: None,
        client: Client::default(),
    };
    let mut unit = database.begin().await.unwrap();
    unit.audit().append(&entry).await.unwrap();
    unit.audit().purge_before(NOW, 10).await.unwrap();
    unit.commit().await.unwrap();
    let mut reads = database.read().await.unwrap();
    let all = AuditFilter::default();
    let of_one = AuditFilter { account: Some(someone.id), ..all.clone() };
    for filter in [all, of_one] {
        for after in [None, Some(AuditKey::of(&entry))] {
            let page = AuditPage { after, limit: 50 };
            for action in [None, Some(AuditAction::LOGIN_FAILED)] {
                let filter = AuditFilter { action, since: Some(NOW), until: Some(NOW), ..filter.clone() };
                reads.audit().list(&filter, &page).await.unwrap();
            }
            reads.audit().list(&filter, &page).await.unwrap();
        }
    }
}

/// A page begins by one seek in the index of its order, whether it is of one account or of all.
pub(super) fn the_trail_is_walked_from_the_place_of_a_page(plans: &BTreeMap<String, Vec<String>>) {
    let mut seen = 0;
    for (statement, steps) in plans {
        if !statement.starts_with("SELECT") || !statement.contains("FROM `audit_entries`") {
            continue;
        }
        let index = if statement.contains("`account` =") && statement.contains("`action` =") {
            "SEARCH audit_entries USING INDEX audit_entries_by_action (account=? AND action=?"
        } else if statement.contains("`account` =") {
            "SEARCH audit_entries USING INDEX audit_entries_by_account (account=?"
        } else if statement.contains("`happened_at` <") {
            "SEARCH audit_entries USING PRIMARY KEY (happened_at"
        } else {
            WALK_OF_THE_TRAIL
        };
        assert!(steps.iter().all(|step| step.starts_with(index)), "{statement}: {steps:?}");
        seen += 1;
    }
    assert_eq!(seen, 8);
}
