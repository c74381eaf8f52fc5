//! Orders under way, accounts and limits of the certification authorities. A CA is known by the
//! URL of its directory.

mod accounts;
mod orders;
mod troubles;

pub use accounts::StoredAccount;
pub use orders::{Begun, Budget, NewOrder, StoredOrder};
pub use troubles::{Block, OrderTrouble};
