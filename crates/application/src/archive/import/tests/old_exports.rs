//! Exports of version 1, which knew no folders.

use fm_domain::archive::{ArchivedNode, RowCounts};
use fm_domain::ids::NodeId;
use fm_domain::tree::Item;
use serde_json::{Value, json};

use super::{AFTER, COUNTS, an_indifferent_unit, archive, exported, import, run, taking, with_its_hash};
use crate::archive::Counts;
use crate::archive::samples::node;

/// The lines of a whole export as version 1 had them: files alone, and all of one name.
async fn of_version_1() -> Vec<String> {
    let of_both = ["export", "user", "file", "key", "blob", "audit", "end"];
    let lines = exported(true).await.into_iter().filter_map(|line| {
        let mut line: Value = serde_json::from_str(&line).unwrap();
        let kind = line.as_object().unwrap().keys().next().unwrap().clone();
        let fields = line[kind.as_str()].as_object_mut().unwrap();
        if kind == "export" {
            fields["version"] = json!(1);
        }
        if kind == "end" {
            let counts = fields["counts"].as_object_mut().unwrap();
            counts.retain(|name, _| !["folders", "versions", "operations"].contains(&name.as_str()));
        }
        let new = ["seq", "parent", "version", "content_at", "modified_at", "changed", "trash"];
        fields.retain(|name, _| kind == "export" || !new.contains(&name.as_str()));
        of_both.contains(&kind.as_str()).then(|| line.to_string())
    });
    with_its_hash(lines.collect())
}

#[tokio::test]
async fn an_export_that_knew_no_folders_goes_into_roots_under_free_names() {
    let mut unit = an_indifferent_unit();
    unit.rows.expect_set_seq().returning(|_, _| Ok(()));
    unit.rows.expect_faults().returning(|_| Ok(Vec::new()));
    // The first of three gets its name, the second the first that is free.
    let mut sequence = mockall::Sequence::new();
    let [first, second, third] = [3001, 3011, 3021].map(node);
    for (id, name) in
        [(first, "Käse \"1\".png"), (second, "Käse \"1\" (2).png"), (third, "Käse \"1\" (4).png")]
    {
        if id == first {
            unit.nodes.expect_taken().once().in_sequence(&mut sequence).returning(|_, _| Ok(Vec::new()));
        } else {
            let taken: &[&str] = if id == second { &[] } else { &["(2)", "(3)"] };
            unit.nodes
                .expect_taken()
                .once()
                .in_sequence(&mut sequence)
                .returning(|_, keys| Ok(keys.to_vec()));
            unit.nodes.expect_taken().once().in_sequence(&mut sequence).returning(move |_, keys| {
                let is_taken = |key: &&String| taken.iter().any(|number| key.contains(number));
                Ok(keys.iter().filter(is_taken).cloned().collect())
            });
        }
        unit.rows.expect_add_nodes().once().in_sequence(&mut sequence).returning(move |sent| {
            let [ArchivedNode { item: Item::File(file), changed, trash: None, .. }] = sent else {
                unreachable!("{sent:#?}")
            };
            assert_eq!((NodeId::from(file.id), file.name.as_str()), (id, name));
            assert_eq!(file.parent.uuid(), file.owner.uuid(), "the root");
            assert_eq!((file.version.number(), changed.number()), (1, 0));
            assert_eq!((file.content_at, file.modified_at), (file.created_at, file.created_at));
            Ok(())
        });
    }
    let after = RowCounts { folders: 0, versions: 0, operations: 0, ..AFTER };
    let taking = taking(unit, [RowCounts::default(), after]);
    let imported = run(&import(taking), false, &of_version_1().await).await.unwrap();
    assert_eq!(imported.counts, Counts { folders: 0, versions: 0, operations: 0, ..COUNTS });
    let checked = run(&import(archive([RowCounts::default()])), true, &of_version_1().await).await.unwrap();
    assert_eq!(checked.counts, imported.counts);
}
