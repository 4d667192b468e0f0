//! What lines hold, as it comes into the database.

use fm_domain::archive::{RowCounts, TreeFault, WrongPlace};
use fm_domain::idempotency::Claimed;
use fm_domain::ids::DriveId;
use fm_domain::testing::Effects;

use super::{AFTER, an_indifferent_unit, exported, import, run, taking};
use crate::archive::import::ImportError;
use crate::archive::samples::{SEQ, accounts, key, node, nodes, now, operations, version};

#[tokio::test]
async fn models_come_out_as_they_went_in() {
    let mut unit = an_indifferent_unit();
    unit.users.checkpoint();
    unit.users.expect_insert().returning(|user| {
        let sent = accounts().into_iter().find(|account| account.user.id == user.id).unwrap().user;
        assert_eq!(*user, sent);
        assert_eq!(user.email.as_str(), sent.email.as_str());
        Ok(())
    });
    unit.users.expect_set_quota().returning(|_, _| Ok(true));
    unit.users.expect_set_suspended().returning(|_, _| Ok(true));
    unit.rows.expect_add_nodes().once().returning(|sent| {
        assert_eq!(sent, nodes());
        Ok(())
    });
    unit.rows.expect_add_versions().once().returning(|sent| {
        assert_eq!(sent, [version()]);
        Ok(())
    });
    unit.rows.expect_set_seq().times(2).returning(|drive, seq| {
        assert_eq!(seq == SEQ, drive == DriveId::of_user(accounts()[1].user.id));
        Ok(())
    });
    unit.rows.expect_faults().once().returning(|_| Ok(Vec::new()));
    unit.operations.expect_insert().times(2).returning(|operation| {
        assert!(operations().contains(operation), "{operation:#?}");
        Ok(())
    });
    unit.keys.checkpoint();
    unit.keys.expect_claim().returning(|_, _| Ok(Claimed::Held));
    unit.keys.expect_finish().once().returning(|_, upload, at| {
        assert_eq!((upload, at), (&key().upload, now()));
        Ok(true)
    });
    let lines = exported(false).await;
    let imported = run(&import(taking(unit, [RowCounts::default(), AFTER])), false, &lines).await.unwrap();
    assert!(!imported.is_final);
}

#[tokio::test]
async fn items_that_are_no_tree_are_refused() {
    let fault = TreeFault {
        drive: DriveId::of_user(accounts()[1].user.id),
        node: node(3001),
        wrong: WrongPlace::Unreachable,
    };
    let mut unit = an_indifferent_unit();
    unit.rows.expect_add_nodes().returning(|_| Ok(()));
    unit.rows.expect_add_versions().returning(|_| Ok(()));
    unit.rows.expect_set_seq().returning(|_, _| Ok(()));
    unit.operations.expect_insert().returning(|_| Ok(()));
    unit.rows.expect_faults().once().returning(move |_| Ok(vec![fault]));
    let effects = Effects::default();
    unit.effects = effects.clone();
    let refused = run(&import(taking(unit, [RowCounts::default()])), false, &exported(true).await).await;
    assert!(matches!(refused, Err(ImportError::Unsound(found)) if found == fault), "{refused:?}");
    assert_eq!(effects.seen(), ["rollback"]);
}
