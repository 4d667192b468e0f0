//! That what the use cases do can be moved to another thread: this compiles, or it does not.

use super::UseCases;
use crate::accounts::{ChangePasswordCommand, RegisterCommand};
use crate::files::{
    ListCommand, RemoveCommand, RenameCommand, ReplaceCommand, SignUrlCommand, UploadCommand,
};
use crate::fixture::body;
use crate::ports::{Ports, Settings};
use crate::sessions::{Caller, Client, LogInCommand, RefreshCommand};
use crate::testing::{DirectDoubles, TestPorts, settings};
use crate::uploads::{AppendCommand, CompleteDirectCommand, CreateDirectCommand, CreateResumableCommand};
use fm_domain::accounts::Password;
use fm_domain::blobs::{
    BlobKey, Disposition, MockDirectStore, MockPartReceiver, PartLimits, PartLink, PartWrite, WriteId,
};
use fm_domain::body::ByteSize;
use fm_domain::files::{FileFilter, FileSort, SortOrder};
use fm_domain::testing::{a_file, a_session, a_user, an_upload};
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
    let caller = Caller { user: a_user().id, session: a_session().id };
    let client = Client::default();
    assert_send(all.sessions.authenticate.run("", &client));
    let email = a_user().email;
    assert_send(all.accounts.register.run(RegisterCommand { email, password: password(), name: None }));
    let command = LogInCommand { email: String::new(), password: password(), client: client.clone() };
    assert_send(all.sessions.log_in.run(command));
    assert_send(all.sessions.refresh.run(RefreshCommand { token: String::new(), client }));
    assert_send(all.sessions.log_out.run(&caller));
    assert_send(all.accounts.show.run(&caller));
    assert_send(all.accounts.rename.run(&caller, None));
    assert_send(all.accounts.remove.run(&caller, password()));
    let command = ChangePasswordCommand { current: password(), new: password() };
    assert_send(all.accounts.change_password.run(&caller, command));
    assert_send(all.sessions.list.run(&caller));
    assert_send(all.sessions.revoke.run(&caller, caller.session));
    assert_send(all.sessions.revoke_others.run(&caller));
}

#[test]
fn the_futures_of_files_can_be_spawned() {
    let all = use_cases();
    let (owner, file, if_match) = (a_user().id, a_file().id, None);
    assert_send(all.files.upload.run(UploadCommand { owner, key: None, body: body(&[]) }));
    assert_send(all.files.replace_content.run(ReplaceCommand {
        owner,
        file,
        if_match: None,
        body: body(&[]),
    }));
    let (filter, sort, order) = (FileFilter::default(), FileSort::Name, SortOrder::Ascending);
    assert_send(all.files.list.run(ListCommand { owner, filter, sort, order, limit: 1, cursor: None }));
    assert_send(all.files.show.run(owner, file));
    assert_send(all.files.rename.run(RenameCommand { owner, file, if_match: None, name: a_file().name }));
    assert_send(all.files.remove.run(RemoveCommand { owner, file, if_match }));
    assert_send(all.files.link_content.run(owner, file, Disposition::Inline));
    assert_send(all.files.link_thumbnail.run(owner, file));
    assert_send(all.files.remake_thumbnail.run(owner, file));
    let expires_in = settings().signed_url_ttl;
    let command = SignUrlCommand { owner, file, expires_in, disposition: Disposition::Inline };
    assert_send(all.files.sign_url.run(command));
}

#[test]
fn the_futures_of_blobs_jobs_and_operations_can_be_spawned() {
    let all = use_cases();
    let key = BlobKey::file(a_file().blob);
    assert_send(all.blobs.read.run(&key, None));
    assert_send(all.blobs.head.run(&key));
    assert_send(all.operations.check_readiness.run());
    assert_send(all.jobs.run_next.run(&[]));
    assert_send(all.jobs.schedule_sweep.run());
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
    let (Some(resumable), Some(direct)) = (all.resumable, all.direct) else {
        unreachable!("the ports offer both");
    };
    let (claimed_type, key) = (None, None);
    assert_send(resumable.create.run(CreateResumableCommand {
        owner,
        key,
        name: name.clone(),
        length,
        claimed_type,
        metadata: String::new(),
        first: None,
    }));
    assert_send(resumable.append.run(AppendCommand {
        owner,
        upload: id,
        offset: ByteSize::ZERO,
        length: None,
        checksum: None,
        body: stream::empty().boxed(),
        body_length: None,
    }));
    assert_send(resumable.resume.run(owner, id));
    assert_send(resumable.cancel.run(owner, id));
    let size = ByteSize::new(5);
    let command = CreateDirectCommand { owner, key: None, name, size, claimed_type: None, sha256: None };
    assert_send(direct.create.run(command));
    assert_send(direct.complete.run(CompleteDirectCommand { owner, upload: id, parts: Vec::new() }));
    assert_send(direct.cancel.run(owner, id));
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
