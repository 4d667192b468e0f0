//! That what the use cases do can be moved to another thread: this compiles, or it does not.

use futures_util::FutureExt as _;

use super::UseCases;
use crate::blob::{BlobKey, Disposition};
use crate::file::{FileFilter, FileSort, SortOrder};
use crate::testing::{TestPorts, a_file, a_session, a_user, settings};
use crate::usecase::auth::{
    Caller, ChangePasswordCommand, Client, LogInCommand, RefreshCommand, RegisterCommand,
};
use crate::usecase::file::{
    ListCommand, RemoveCommand, RenameCommand, ReplaceCommand, SignUrlCommand, UploadCommand,
};
use crate::usecase::fixture::body;
use crate::user::Password;

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
    assert_send(all.authenticate.run("", &client));
    let email = a_user().email;
    assert_send(all.register.run(RegisterCommand { email, password: password(), name: None }));
    let command = LogInCommand { email: String::new(), password: password(), client: client.clone() };
    assert_send(all.log_in.run(command));
    assert_send(all.refresh.run(RefreshCommand { token: String::new(), client }));
    assert_send(all.log_out.run(&caller));
    assert_send(all.show_account.run(&caller));
    assert_send(all.rename_account.run(&caller, None));
    assert_send(all.remove_account.run(&caller, password()));
    let command = ChangePasswordCommand { current: password(), new: password() };
    assert_send(all.change_password.run(&caller, command));
    assert_send(all.list_sessions.run(&caller));
    assert_send(all.revoke_session.run(&caller, caller.session));
    assert_send(all.revoke_other_sessions.run(&caller));
}

#[test]
fn the_futures_of_files_can_be_spawned() {
    let all = use_cases();
    let (owner, file, if_match) = (a_user().id, a_file().id, None);
    assert_send(all.upload_file.run(UploadCommand { owner, key: None, body: body(&[]) }));
    assert_send(all.replace_content.run(ReplaceCommand { owner, file, if_match: None, body: body(&[]) }));
    let (filter, sort, order) = (FileFilter::default(), FileSort::Name, SortOrder::Ascending);
    assert_send(all.list_files.run(ListCommand { owner, filter, sort, order, limit: 1, cursor: None }));
    assert_send(all.show_file.run(owner, file));
    assert_send(all.rename_file.run(RenameCommand { owner, file, if_match: None, name: a_file().name }));
    assert_send(all.remove_file.run(RemoveCommand { owner, file, if_match }));
    assert_send(all.link_content.run(owner, file, Disposition::Inline));
    assert_send(all.link_thumbnail.run(owner, file));
    assert_send(all.remake_thumbnail.run(owner, file));
    let expires_in = settings().signed_url_ttl;
    let command = SignUrlCommand { owner, file, expires_in, disposition: Disposition::Inline };
    assert_send(all.sign_url.run(command));
}

#[test]
fn the_futures_of_blobs_jobs_and_operations_can_be_spawned() {
    let all = use_cases();
    let key = BlobKey::file(a_file().blob);
    assert_send(all.read_blob.run(&key, None));
    assert_send(all.head_blob.run(&key));
    assert_send(all.check_readiness.run());
    assert_send(all.run_next_job.run(&[]));
    assert_send(all.schedule_sweep.run());
    assert_send(async { all.verify_link.run(a_file().blob, "").is_ok() }.boxed());
    assert_eq!(all.capabilities.run().max_upload, settings().max_upload);
}
