//! Gray images from and to PNG files. Ink is bright here: an image whose border is bright, as paper
//! is, is turned round. Images of another size are averaged over the areas of the new pixels.

use spikewright_ir::{FileError, read_bytes, write_atomic};
use std::{io::Cursor, path::Path};

/// Longest side of an image that is read.
const LARGEST: u32 = 4096;

/// A gray image, row-major, 255 is full ink.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gray {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Values.
    pub pixels: Vec<u8>,
}

impl Gray {
    /// Decodes a file; the message says what is wrong with it. Colors become their mean,
    /// transparent pixels paper.
    pub fn read(path: &Path) -> Result<Result<Self, String>, FileError> {
        Ok(Self::decode(read_bytes(path)?))
    }

    fn decode(bytes: Vec<u8>) -> Result<Self, String> {
        let mut decoder = png::Decoder::new(Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().map_err(|e| e.to_string())?;
        let (width, height) = (reader.info().width, reader.info().height);
        if width > LARGEST || height > LARGEST {
            return Err(format!("{width} by {height} pixels, more than {LARGEST} a side"));
        }
        let size = reader.output_buffer_size().ok_or("its size is beyond all memory")?;
        let mut data = vec![0; size];
        let info = reader.next_frame(&mut data).map_err(|e| e.to_string())?;
        let samples = info.color_type.samples();
        let gray = |pixel: &[u8]| {
            let (color, alpha) = match samples {
                2 | 4 => (&pixel[..samples - 1], u32::from(pixel[samples - 1])),
                _ => (pixel, 255),
            };
            let mean = color.iter().map(|v| u32::from(*v)).sum::<u32>() / color.len() as u32;
            ((mean * alpha + 255 * (255 - alpha)) / 255) as u8
        };
        let pixels = data[..info.buffer_size()].chunks_exact(samples).map(gray).collect();
        let (height, width) = (height as usize, width as usize);
        Ok(Self { height, width, pixels }.with_bright_ink())
    }

    /// Encodes and writes a file, ink bright on a dark ground.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let written = encoder.write_header().and_then(|mut w| w.write_image_data(&self.pixels));
        written.expect("an image in memory has the size it says");
        write_atomic(path, &bytes)
    }

    /// Turned round where the border is brighter than middle gray on average.
    fn with_bright_ink(mut self) -> Self {
        let (h, w) = (self.height, self.width);
        let border = |j: &usize| {
            let (y, x) = (j / w, j % w);
            y == 0 || x == 0 || y + 1 == h || x + 1 == w
        };
        let (mut sum, mut count) = (0usize, 0usize);
        for j in (0..h * w).filter(border) {
            sum += usize::from(self.pixels[j]);
            count += 1;
        }
        if sum > 127 * count {
            self.pixels.iter_mut().for_each(|v| *v = 255 - *v);
        }
        self
    }

    /// The image at another size: each pixel is the mean over its area, rounded to nearest. Areas
    /// are counted in units of one old pixel over the new sides, so that all is exact.
    pub fn resized(&self, height: usize, width: usize) -> Self {
        if (height, width) == (self.height, self.width) {
            return self.clone();
        }
        let rows = shares(self.height, height);
        let columns = shares(self.width, width);
        let whole = self.height * self.width;
        let mut pixels = Vec::with_capacity(height * width);
        for row in &rows {
            for column in &columns {
                let mut sum = 0;
                for &(y, a) in row {
                    for &(x, b) in column {
                        sum += a * b * usize::from(self.pixels[y * self.width + x]);
                    }
                }
                pixels.push(((2 * sum + whole) / (2 * whole)) as u8);
            }
        }
        Self { height, width, pixels }
    }
}

/// For each of `to` new pixels the old ones of `from` it covers, with shares that add up to `from`.
fn shares(from: usize, to: usize) -> Vec<Vec<(usize, usize)>> {
    let new = |i: usize| {
        // In units of 1/to of an old pixel, new pixel i is [i·from, (i + 1)·from).
        let (start, end) = (i * from, (i + 1) * from);
        (start / to..end.div_ceil(to))
            .map(|old| (old, end.min((old + 1) * to) - start.max(old * to)))
            .collect()
    };
    (0..to).map(new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_back_and_paper_is_turned_round() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.png");
        let image =
            Gray { height: 3, width: 4, pixels: vec![0, 9, 0, 1, 7, 200, 90, 0, 2, 0, 0, 5] };
        image.write(&file).unwrap();
        assert_eq!(Gray::read(&file).unwrap().unwrap(), image);
        let paper =
            Gray { pixels: image.pixels.iter().map(|v| 255 - v).collect(), ..image.clone() };
        paper.write(&file).unwrap();
        assert_eq!(Gray::read(&file).unwrap().unwrap(), image);
        std::fs::write(&file, b"no image").unwrap();
        assert!(Gray::read(&file).unwrap().is_err());
        assert!(Gray::read(&dir.path().join("none.png")).is_err());
    }

    #[test]
    fn colors_become_gray_and_what_is_transparent_paper() {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 2, 1);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[30, 60, 90, 255, 30, 60, 90, 0]).unwrap();
        writer.finish().unwrap();
        // 60 and paper: the border is bright, so both are turned round.
        assert_eq!(Gray::decode(bytes).unwrap().pixels, [195, 0]);
    }

    #[test]
    fn new_pixels_are_means_of_areas() {
        let image = Gray { height: 2, width: 3, pixels: vec![0, 30, 60, 90, 120, 150] };
        assert_eq!(image.resized(1, 1).pixels, [75]);
        // Columns 1.5 wide: (0 + 30/2)/1.5 = 10, (30/2 + 60)/1.5 = 50.
        assert_eq!(image.resized(2, 2).pixels, [10, 50, 100, 140]);
        assert_eq!(image.resized(4, 6).pixels[..3], [0, 0, 30]);
        for (from, to) in [(105, 28), (28, 28), (7, 5), (3, 9)] {
            let shares = shares(from, to);
            assert!(shares.iter().all(|s| s.iter().map(|x| x.1).sum::<usize>() == from));
        }
    }
}
