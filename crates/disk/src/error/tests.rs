use std::io;

use fm_domain::error::PortError;

use super::DiskError;

fn told(cause: io::Error) -> PortError {
    DiskError { step: "writing a blob", cause }.into()
}

#[test]
fn a_store_that_an_operator_has_to_put_right_is_out_of_reach() {
    for number in [
        libc::ENOENT,
        libc::ENOTDIR,
        libc::EIO,
        libc::EROFS,
        libc::EACCES,
        libc::EPERM,
        libc::ENOSPC,
        libc::EDQUOT,
        libc::ESTALE,
        libc::ENODEV,
        libc::ENXIO,
        libc::ENOTCONN,
        libc::ETIMEDOUT,
        libc::EMFILE,
        libc::ELOOP,
    ] {
        let cause = io::Error::from_raw_os_error(number);
        let text = cause.to_string();
        assert!(matches!(told(cause), PortError::Unavailable(_)), "{text}");
    }
}

#[test]
fn what_no_state_of_the_store_explains_is_a_defect() {
    for number in [libc::EEXIST, libc::EINVAL, libc::EISDIR, libc::ENAMETOOLONG] {
        let cause = io::Error::from_raw_os_error(number);
        let text = cause.to_string();
        assert!(matches!(told(cause), PortError::Unexpected(_)), "{text}");
    }
}
