//! That what the use cases do can be moved to another thread: this compiles, or it does not.

mod access;

use super::UseCases;
use crate::accounts::{ChangePasswordCommand, RegisterCommand};
use crate::audit::ActivityCommand;
use crate::files::{ListCommand, ReplaceCommand, SignUrlCommand, UploadCommand};
use crate::fixture::{actor, body};
use crate::ports::{Ports, Presence, Settings};
use crate::sessions::{Client, LogInCommand, RefreshCommand};
use crate::testing::{DirectDoubles, TestPorts, settings};
use crate::tree::{
    BatchCommand, CopyCommand, DeleteCommand, EditCommand, EmptyTrashCommand, RestoreCommand, TrashCommand,
};
use crate::uploads::{AppendCommand, CompleteDirectCommand, CreateDirectCommand, CreateResumableCommand};
use fm_domain::accounts::Password;
use fm_domain::audit::AuditFilter;
use fm_domain::blobs::{
    BlobKey, Disposition, MockDirectStore, MockPartReceiver, PartLimits, PartLink, PartWrite, WriteId,
};
use fm_domain::body::ByteSize;
use fm_domain::files::{FileFilter, FileSort, SortOrder};
use fm_domain::ids::{NodeId, OperationId};
use fm_domain::testing::{a_file, a_user, an_upload};
use fm_domain::tree::{OnConflict, Placing};
use fm_domain::uploads::{MockResumableStore, Upload};
use futures_util::{StreamExt as _, stream};

/// Takes a future that can be moved to another thread, and drops it unpolled.
fn assert_send<T>(future: impl Future<Output = T> + Send) {
    drop(future);
}

fn password() -> Password {
    Password::candidate("correct horse".to_owned())
}

fn use_cases() -> UseCases {
    UseCases::new(&TestPorts::default().ports(), &settings())
}

#[test]
fn the_futures_of_accounts_and_sessions_can_be_spawned() {
    let all = use_cases();
    let actor = actor();
    let client = Client::default();
    assert_send(all.sessions.authenticate.run("", client.clone()));
    let email = a_user().email;
    assert_send(all.accounts.register.run(RegisterCommand {
        email,
        password: password(),
        name: None,
        client: client.clone(),
        presence: Presence::default(),
    }));
    let command = LogInCommand {
        email: String::new(),
        password: password(),
        client: client.clone(),
        presence: Presence::default(),
    };
    assert_send(all.sessions.log_in.run(command));
    assert_send(all.sessions.refresh.run(RefreshCommand { token: String::new(), client }));
    assert_send(all.sessions.log_out.run(&actor));
    assert_send(all.sessions.log_out_by_refresh_token.run("", &Client::default()));
    assert_send(all.accounts.show.run(&actor));
    assert_send(all.accounts.rename.run(&actor, None));
    assert_send(all.accounts.remove.run(&actor, password(), &Presence::default()));
    let command =
        ChangePasswordCommand { current: password(), new: password(), presence: Presence::default() };
    assert_send(all.accounts.change_password.run(&actor, command));
    assert_send(all.sessions.list.run(&actor));
    assert_send(all.sessions.revoke.run(&actor, actor.session()));
    assert_send(all.sessions.revoke_others.run(&actor));
    let command = ActivityCommand { action: None, limit: 1, cursor: None };
    assert_send(all.audit.activity.run(&actor, command));
    assert_send(all.audit.list.run(&AuditFilter::default(), None, 1));
}

#[test]
fn the_futures_of_files_can_be_spawned() {
    let all = use_cases();
    let (actor, file) = (actor(), a_file().id);
    assert_send(all.files.upload.run(&actor, UploadCommand::new(None, body(&[]))));
    assert_send(
        all.files
            .replace_content
            .run(&actor, ReplaceCommand { file, if_match: None, modified_at: None, body: body(&[]) }),
    );
    let (filter, sort, order) = (FileFilter::default(), FileSort::Name, SortOrder::Ascending);
    assert_send(all.files.list.run(&actor, ListCommand { filter, sort, order, limit: 1, cursor: None }));
    assert_send(all.files.show.run(&actor, file));
    assert_send(all.files.link_content.run(&actor, file, Disposition::Inline));
    assert_send(all.files.link_thumbnail.run(&actor, file));
    assert_send(all.files.remake_thumbnail.run(&actor, file));
    let expires_in = settings().signed_url_ttl;
    let command = SignUrlCommand { file, expires_in, disposition: Disposition::Inline };
    assert_send(all.files.sign_url.run(&actor, command));
}

#[test]
fn the_futures_of_trees_can_be_spawned() {
    let all = use_cases();
    let (actor, item, on_conflict) = (actor(), NodeId::from(a_file().id), OnConflict::Rename);
    let edit = EditCommand {
        item,
        kind: None,
        if_match: None,
        name: None,
        parent: None,
        on_conflict,
        modified_at: None,
    };
    assert_send(all.tree.edit.run(&actor, edit));
    assert_send(all.tree.copy.run(&actor, CopyCommand { item, parent: item, name: None, on_conflict }));
    assert_send(all.tree.trash.run(&actor, TrashCommand { item, if_match: None }));
    let restore = RestoreCommand { item, parent: None, recreate_parents: false, on_conflict };
    assert_send(all.tree.restore.run(&actor, restore));
    assert_send(
        all.tree.delete.run(&actor, DeleteCommand { item, kind: None, if_match: None, recursive: true }),
    );
    let batch = BatchCommand { operations: Vec::new(), atomic: false, key: None };
    assert_send(all.tree.batch.run(&actor, batch));
    assert_send(all.tree.empty_trash.run(&actor, EmptyTrashCommand { older_than_days: None }));
    let operation = OperationId::new(a_file().id.uuid());
    assert_send(all.tree.show_operation.run(&actor, operation));
    assert_send(all.tree.cancel_operation.run(&actor, operation));
}

#[test]
fn the_futures_of_blobs_jobs_and_operations_can_be_spawned() {
    let all = use_cases();
    let key = BlobKey::file(a_file().blob);
    assert_send(all.blobs.read.run(&key, None));
    assert_send(all.blobs.head.run(&key));
    assert_send(all.operations.check_readiness.run());
    assert_send(all.jobs.run_next.run(&[]));
    all.jobs.schedule.periodic().iter().for_each(|periodic| assert_send(all.jobs.schedule.run(periodic)));
    assert_eq!(all.operations.capabilities.run().max_upload, settings().max_upload);
}

/// Ports with a store that takes uploads of many requests, by every way.
fn ports_of_uploads() -> Ports {
    let mut store = MockDirectStore::new();
    let (least, most) = (ByteSize::new(1), ByteSize::new(1 << 24));
    store.expect_part_limits().return_const(PartLimits { least, most, most_parts: 10_000 });
    let direct = Some(DirectDoubles { store, receiver: Some(MockPartReceiver::new()) });
    TestPorts { direct, resumable: Some(MockResumableStore::new()), ..TestPorts::default() }.ports()
}

#[test]
fn uploads_of_many_requests_are_offered_where_the_store_can_and_the_operator_wants_them() {
    let ports = ports_of_uploads();
    for (resumable, direct) in [(true, false), (false, true)] {
        let settings = Settings { resumable_uploads: resumable, direct_uploads: direct, ..settings() };
        let all = UseCases::new(&ports, &settings);
        assert_eq!((all.resumable.is_some(), all.direct.is_some()), (resumable, direct));
        let offered = all.operations.capabilities.run();
        assert_eq!((offered.resumable, offered.direct), (resumable, direct));
    }
    let all = use_cases();
    assert!(all.resumable.is_none() && all.direct.is_none());
}

#[test]
fn the_futures_of_uploads_can_be_spawned() {
    let all = UseCases::new(&ports_of_uploads(), &settings());
    let Upload { owner, id, name, blob, length, .. } = an_upload();
    let actor = actor();
    let (Some(resumable), Some(direct)) = (all.resumable, all.direct) else {
        unreachable!("the ports offer both");
    };
    let (claimed_type, key) = (None, None);
    assert_send(resumable.create.run(
        &actor,
        CreateResumableCommand {
            placing: Placing::default(),
            key,
            name: name.clone(),
            length,
            claimed_type,
            metadata: String::new(),
            first: None,
        },
    ));
    assert_send(resumable.append.run(
        &actor,
        AppendCommand {
            upload: id,
            offset: ByteSize::ZERO,
            length: None,
            checksum: None,
            body: stream::empty().boxed(),
            body_length: None,
        },
    ));
    assert_send(resumable.resume.run(&actor, id));
    assert_send(resumable.cancel.run(&actor, id));
    let size = ByteSize::new(5);
    let command = CreateDirectCommand {
        key: None,
        name,
        placing: Placing::default(),
        size,
        claimed_type: None,
        sha256: None,
    };
    assert_send(direct.create.run(&actor, command));
    assert_send(direct.complete.run(&actor, CompleteDirectCommand { upload: id, parts: Vec::new() }));
    assert_send(direct.cancel.run(&actor, id));
    let link = PartLink {
        owner,
        upload: id,
        write: PartWrite { key: BlobKey::file(blob), id: WriteId::new(String::new()) },
        number: 1,
        size,
        issued_at: an_upload().created_at,
        expires_at: an_upload().expires_at,
    };
    if let Some(receive_part) = &direct.receive_part {
        assert_send(receive_part.run(&link, stream::empty().boxed()));
    }
}
