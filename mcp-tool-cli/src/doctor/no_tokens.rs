//! Answers about callers' tokens in a build without OAuth.

use super::DoctorAnswer;
use crate::settings::Config;

const WITHOUT_OAUTH: &str =
    "None: this server was built without OAuth. Add the feature `oauth` of mcp-tool-runtime.";

pub(super) async fn authenticated_callers(_: &Config) -> DoctorAnswer {
    DoctorAnswer::new(false, WITHOUT_OAUTH)
}

pub(super) async fn sample_token(_: &Config, _: &str) -> DoctorAnswer {
    DoctorAnswer::new(false, WITHOUT_OAUTH)
}
