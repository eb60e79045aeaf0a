//! A signed scan without pen, printer and scanner: our own form drawn as pixels, with a made-up seal in
//! each box, as a PDF of pictures. For trying things out; it is no evidence of anything.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use image::{Rgb, RgbImage};
use lopdf::content::{Content, Operation};
use lopdf::{Document, Object, Stream, dictionary};

use crate::case::ids::Digest;
use crate::cli::house::{Trouble, database_trouble};
use crate::cli::{fail, runtime};
use crate::config::{Config, DataDir};
use crate::forms::layout::{BoxPlace, Layout, PageLayout};
use crate::paper::Pages;
use crate::paper::packed::Plain;
use crate::store::{Store, papers};

/// Pixels a millimetre: 200 dpi.
const SCALE: f64 = 200.0 / 25.4;
const MM_TO_POINTS: f64 = 72.0 / 25.4;

/// Signs and scans a printed form.
#[derive(Args)]
pub struct TryScanArgs {
    /// The printed form, as the browser saved it or `casebind render` wrote it.
    form: PathBuf,
    /// The scan to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The demo's data directory, which knows where the boxes of its forms lie.
    #[arg(long, value_name = "DIR", default_value = "casebind-demo")]
    data_dir: PathBuf,
    /// Where the boxes lie, for a form that `casebind render --layout` wrote.
    #[arg(long, value_name = "FILE", conflicts_with = "data_dir")]
    layout: Option<PathBuf>,
    /// Leaves every box empty.
    #[arg(long)]
    unsigned: bool,
}

/// Writes the scan.
pub fn run(args: &TryScanArgs) -> ExitCode {
    match runtime().block_on(write(args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(error.as_ref()),
    }
}

async fn write(args: &TryScanArgs) -> Result<(), Trouble> {
    let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let form = read(&args.form)?;
    let layout = match &args.layout {
        Some(path) => serde_json::from_slice(&read(path)?)
            .map_err(|error| format!("{}: not a layout: {error}", path.display()))?,
        None => known_layout(args, &form).await?,
    };
    let scan = signed_scan(form, &layout, !args.unsigned)
        .ok_or_else(|| format!("{}: not a form that can be drawn", args.form.display()))?;
    std::fs::write(&args.output, scan).map_err(|error| format!("{}: {error}", args.output.display()))?;
    Ok(())
}

async fn known_layout(args: &TryScanArgs, form: &[u8]) -> Result<Layout, Trouble> {
    let config = Config::demo(&args.data_dir);
    let file = args.data_dir.join(DataDir::DATABASE);
    if !file.exists() {
        return Err(
            format!("{}: there is no demo; say --data-dir DIR or --layout FILE", file.display()).into()
        );
    }
    let store = Store::connect(&config.database.url()).await.map_err(database_trouble)?;
    let layout = papers::layout_of(&mut *store.read().await?, &Digest::of(form)).await?;
    store.close().await;
    layout.ok_or_else(|| {
        let (form, dir) = (args.form.display(), args.data_dir.display());
        format!("{form}: the demo in {dir} printed no such form; save the PDF as it is, or say --layout FILE")
            .into()
    })
}

/// The scan of a form, signed in every box or in none. `None`: the form isn't one of ours.
#[must_use]
pub fn signed_scan(form: Vec<u8>, layout: &Layout, signed: bool) -> Option<Vec<u8>> {
    let pictures = Pages::open(form, u64::MAX).ok()?.renditions(SCALE);
    let mut document = Document::with_version("1.5");
    let pages_id = document.new_object_id();
    let mut kids = Vec::new();
    for (picture, page) in pictures.iter().zip(&layout.pages) {
        let mut picture = image::DynamicImage::ImageLuma8(picture.clone()).into_rgb8();
        if signed {
            for (at, place) in page.boxes.iter().enumerate() {
                if at % 2 == 0 { seal(&mut picture, place) } else { sign(&mut picture, place) }
            }
        }
        kids.push(add_page(&mut document, pages_id, &picture, page)?.into());
    }
    let count = i64::try_from(kids.len()).ok()?;
    document.objects.insert(
        pages_id,
        Object::Dictionary(
            dictionary! { "Type" => "Pages", "Kids" => Object::Array(kids), "Count" => count },
        ),
    );
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages_id });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).ok()?;
    Some(bytes)
}

fn add_page(
    document: &mut Document,
    parent: lopdf::ObjectId,
    picture: &RgbImage,
    page: &PageLayout,
) -> Option<lopdf::ObjectId> {
    let jpeg = Plain::from(picture).jpeg(85).ok()?;
    let image = document.add_object(Stream::new(
        dictionary! {
            "Type" => "XObject",
            "Subtype" => "Image",
            "Width" => i64::from(picture.width()),
            "Height" => i64::from(picture.height()),
            "ColorSpace" => "DeviceRGB",
            "BitsPerComponent" => 8,
            "Filter" => "DCTDecode",
        },
        jpeg,
    ));
    #[expect(clippy::cast_possible_truncation, reason = "points of a page are small numbers")]
    let (width, height) = ((page.width_mm * MM_TO_POINTS) as f32, (page.height_mm * MM_TO_POINTS) as f32);
    let content = Content {
        operations: vec![
            Operation::new("cm", vec![width.into(), 0.into(), 0.into(), height.into(), 0.into(), 0.into()]),
            Operation::new("Do", vec!["Scan".into()]),
        ],
    };
    let content = document.add_object(Stream::new(dictionary! {}, content.encode().ok()?));
    Some(document.add_object(dictionary! {
        "Type" => "Page",
        "Parent" => parent,
        "MediaBox" => vec![0.into(), 0.into(), width.into(), height.into()],
        "Contents" => content,
        "Resources" => dictionary! { "XObject" => dictionary! { "Scan" => image } },
    }))
}

/// A red square seal with bars for characters.
fn seal(picture: &mut RgbImage, place: &BoxPlace) {
    let side = (place.w_mm.min(place.h_mm) * 0.55).min(18.0);
    let (left, top) = (place.x_mm + (place.w_mm - side) / 2.0, place.y_mm + (place.h_mm - side) / 2.0);
    let red = Rgb([196, 38, 30]);
    for step in 0..4 {
        let inset = f64::from(step) * 0.2;
        frame(picture, (left + inset, top + inset), side - 2.0 * inset, red);
    }
    for row in 0..3 {
        for column in 0..2 {
            let (x, y) = (
                left + side * (0.16 + 0.38 * f64::from(column)),
                top + side * (0.16 + 0.25 * f64::from(row)),
            );
            line(picture, (x, y), (x + side * 0.28, y), 0.9, red);
            line(picture, (x + side * 0.14, y), (x + side * 0.14, y + side * 0.18), 0.9, red);
        }
    }
}

fn frame(picture: &mut RgbImage, (left, top): (f64, f64), side: f64, ink: Rgb<u8>) {
    let (right, bottom) = (left + side, top + side);
    for (from, to) in [
        ((left, top), (right, top)),
        ((right, top), (right, bottom)),
        ((right, bottom), (left, bottom)),
        ((left, bottom), (left, top)),
    ] {
        line(picture, from, to, 0.35, ink);
    }
}

/// A signature in blue ink: a few waves.
fn sign(picture: &mut RgbImage, place: &BoxPlace) {
    let blue = Rgb([28, 44, 130]);
    let (middle, width) = (place.y_mm + place.h_mm / 2.0, place.w_mm * 0.7);
    let left = place.x_mm + place.w_mm * 0.15;
    let mut last = (left, middle);
    for step in 1..=60 {
        let share = f64::from(step) / 60.0;
        let point =
            (left + width * share, middle + (share * 21.0).sin() * place.h_mm * 0.2 * (1.0 - share * 0.5));
        line(picture, last, point, 0.6, blue);
        last = point;
    }
}

/// A line between two points, all in millimetres.
fn line(picture: &mut RgbImage, from: (f64, f64), to: (f64, f64), width: f64, ink: Rgb<u8>) {
    let length = (to.0 - from.0).hypot(to.1 - from.1);
    let radius = width * SCALE / 2.0;
    #[expect(clippy::cast_possible_truncation, reason = "positions on a page")]
    for step in 0..=(length * SCALE).ceil() as i32 {
        let share = if length > 0.0 { f64::from(step) / (length * SCALE).ceil() } else { 0.0 };
        let (x, y) = ((from.0 + (to.0 - from.0) * share) * SCALE, (from.1 + (to.1 - from.1) * share) * SCALE);
        for dy in -radius.ceil() as i32..=radius.ceil() as i32 {
            for dx in -radius.ceil() as i32..=radius.ceil() as i32 {
                if f64::from(dx).hypot(f64::from(dy)) <= radius {
                    dot(picture, x as i32 + dx, y as i32 + dy, ink);
                }
            }
        }
    }
}

fn dot(picture: &mut RgbImage, x: i32, y: i32, ink: Rgb<u8>) {
    if let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y))
        && let Some(pixel) = picture.get_pixel_mut_checked(x, y)
    {
        *pixel = ink;
    }
}
