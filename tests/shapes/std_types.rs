//! The types of std.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::marker::PhantomData;
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroU32, Wrapping};
use std::ops::{Bound, Range, RangeInclusive};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Scalars {
    a: bool,
    b: char,
    c: String,
    d: (u8, i16, u32, i64, u128),
    e: (usize, isize),
    f: (f32, f64),
    g: NonZeroU32,
    h: (),
    i: Duration,
    j: SystemTime,
    k: IpAddr,
    l: SocketAddr,
    m: PathBuf,
}

#[derive(Event, Serialize, Deserialize)]
struct Containers {
    a: Vec<Option<u8>>,
    b: [u8; 4],
    c: HashMap<String, Vec<u32>>,
    d: BTreeMap<u64, (bool, u8)>,
    e: (HashSet<u8>, BTreeSet<u8>, BinaryHeap<u8>, LinkedList<u8>, VecDeque<u8>),
    f: Box<Option<Box<str>>>,
    g: Result<u8, String>,
    h: Range<u32>,
    i: RangeInclusive<i8>,
    j: Bound<u8>,
    k: Wrapping<u16>,
    l: Reverse<u16>,
    m: Mutex<Option<u8>>,
    n: Cow<'static, str>,
    o: Box<[u8]>,
    p: PhantomData<u8>,
}

/// Of types that are not `Sync`, and so cannot stand in an event as they are.
#[derive(Shape)]
struct NotSync {
    a: Cell<u8>,
    b: RefCell<Vec<u8>>,
}
