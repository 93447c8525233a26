//! Later in this series.
