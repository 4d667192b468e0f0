//! That what the use cases do can be moved to another thread: this compiles, or it does not.

use super::UseCases;
use crate::accounts::{ChangePasswordCommand, RegisterCommand};
use crate::files::{
    ListCommand, RemoveCommand, RenameCommand, ReplaceCommand, SignUrlCommand, UploadCommand,
};
use crate::fixture::body;
use crate::sessions::{Caller, Client, LogInCommand, RefreshCommand};
use crate::testing::{TestPorts, settings};
use fm_domain::accounts::Password;
use fm_domain::blobs::{BlobKey, Disposition};
use fm_domain::files::{FileFilter, FileSort, SortOrder};
use fm_domain::testing::{a_file, a_session, a_user};

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
