//! How synchronous the neurons of a layer are.

/// The synchrony measure χ² of Golomb and Hansel (Neural Computation, 2000): the variance over ticks of
/// the mean of all neurons' spikes, over the mean of the variances of single ones. 1 where all do the
/// same, about 1/n for n independent neurons, nothing where no neuron varies.
pub fn synchrony_index(rasters: &[u32], ticks: u32) -> Option<f64> {
    let (n, t) = (rasters.len() as f64, f64::from(ticks));
    let single = |r: &u32| {
        let mean = f64::from(r.count_ones()) / t;
        mean - mean * mean
    };
    let alone = rasters.iter().map(single).sum::<f64>() / n;
    let counts = (0..ticks).map(|k| counts_at(rasters, k) / n);
    let mean = counts.clone().sum::<f64>() / t;
    let together = counts.map(|c| (c - mean).powi(2)).sum::<f64>() / t;
    (alone > 0.0).then(|| together / alone)
}

/// Spikes in a tick.
fn counts_at(rasters: &[u32], t: u32) -> f64 {
    rasters.iter().filter(|r| **r >> t & 1 == 1).count() as f64
}

/// Coincidences of different neurons at distances 0 to `most` ticks, per pair of ticks at that
/// distance, over what firing rates alone would give: 1 is chance, nothing is said where nobody fires.
/// `samples` are rasters of the same layer.
pub fn correlogram(samples: &[&[u32]], ticks: u32, most: u32) -> Vec<Option<f64>> {
    let (mut found, mut chance) = (vec![0.0; most as usize + 1], vec![0.0; most as usize + 1]);
    for rasters in samples {
        let counts: Vec<f64> = (0..ticks).map(|t| counts_at(rasters, t)).collect();
        let rates: Vec<f64> =
            rasters.iter().map(|r| f64::from(r.count_ones()) / f64::from(ticks)).collect();
        let total: f64 = rates.iter().sum();
        let pairs = total * total - rates.iter().map(|r| r * r).sum::<f64>();
        for d in 0..=most.min(ticks - 1) {
            for t in 0..ticks - d {
                let all = counts[t as usize] * counts[(t + d) as usize];
                let own = rasters.iter().filter(|r| (**r >> t) & (**r >> (t + d)) & 1 == 1);
                found[d as usize] += all - own.count() as f64;
                chance[d as usize] += pairs;
            }
        }
    }
    found.iter().zip(chance).map(|(f, c)| (c > 0.0).then(|| f / c)).collect()
}
