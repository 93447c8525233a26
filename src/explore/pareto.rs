//! Which points no other point beats.

use super::Row;

/// Marks the points that are built, run at their clock, and are not beaten: no other is at least as good in
/// accuracy, latency, cells and Fmax, and better in one.
pub fn mark(rows: &mut [Row]) {
    let values: Vec<_> = rows.iter().map(values).collect();
    for (k, row) in rows.iter_mut().enumerate() {
        let beaten = |own: &[f64; 4]| values.iter().flatten().any(|other| beats(other, own));
        row.pareto = values[k].as_ref().is_some_and(|own| !beaten(own));
    }
}

/// The greater the better, each.
fn values(row: &Row) -> Option<[f64; 4]> {
    let built = row.build.as_ref().filter(|b| b.met)?;
    let latency = row.latency_us?;
    Some([row.accuracy?, -latency, -(built.cells? as f64), built.fmax_mhz])
}

fn beats(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a.iter().zip(b).all(|(a, b)| a >= b) && a.iter().zip(b).any(|(a, b)| a > b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explore::Built;

    fn row(accuracy: f64, latency: f64, cells: u64, met: bool) -> Row {
        let build = Built { fmax_mhz: 50.0, worst_fmax_mhz: 50.0, cells: Some(cells), met };
        Row {
            accuracy: Some(accuracy),
            latency_us: Some(latency),
            build: Some(build),
            ..Row::default()
        }
    }

    #[test]
    fn points_that_are_beaten_or_not_built_are_not_marked() {
        let mut rows = vec![
            row(0.98, 40.0, 3_900, true),
            row(0.97, 30.0, 3_900, true),
            row(0.97, 40.0, 3_900, true),
            row(0.98, 40.0, 3_900, true),
            row(0.99, 10.0, 100, false),
            Row { accuracy: Some(1.0), ..Row::default() },
        ];
        mark(&mut rows);
        let marked: Vec<bool> = rows.iter().map(|r| r.pareto).collect();
        assert_eq!(marked, [true, true, false, true, false, false]);
    }
}
