//! What the parts of the page tell the application.

use super::files::FilesMsg;
use super::notice::Notice;
use super::route::Route;
use crate::base::SimTime;
use crate::trace::EventSeq;
use crate::view::Selection;
use crate::view::timeline::Speed;
use std::rc::Rc;

/// Something the person did, or the browser reported.
#[derive(Clone, PartialEq, Debug)]
pub enum Msg {
    /// An animation frame, at this many milliseconds since the page opened.
    Frame(f64),
    /// Play or pause.
    TogglePlay,
    /// To the next visible event.
    Step,
    /// To the previous visible event.
    StepBack,
    /// To the beginning.
    Restart,
    /// To a moment, once.
    Seek(SimTime),
    /// To a moment, while the cursor is being dragged.
    Scrub(SimTime),
    /// The cursor was let go.
    ScrubEnd,
    /// Another speed.
    Speed(Speed),
    /// To the moment of an event, which the event log then shows.
    ShowEvent(EventSeq),
    /// Show something in the inspector.
    Select(Selection),
    /// Show nothing in the inspector.
    Deselect,
    /// Run lines, as if they had been typed.
    Run(String),
    /// The same, without playing what takes time.
    RunAtOnce(String),
    /// End the typed command that waits; if there is none, show nothing in the inspector.
    Interrupt,
    /// Let what waits come to its end at once.
    Finish,
    /// Complete the last word of a line.
    Complete(String),
    /// Empty the terminal.
    ClearTerminal,
    /// Compare two stories or marked moments.
    Compare(Rc<str>, Rc<str>),
    /// The room for the stage has this width and height.
    Room(f64, f64),
    /// The window has another size, and with it perhaps the files, which can have all of the room.
    Resized,
    /// The address changed.
    Route(Route),
    /// Light, dark, or as the system has it.
    Theme(Theme),
    /// Another tab of the dock.
    Dock(DockTab),
    /// Fold or unfold a panel.
    Fold(Panel),
    /// Which of the two side panels is seen where there is room for only one.
    Side(Panel),
    /// Show the stage as a table, or as a picture.
    ToggleTable,
    /// Something in the lesson.
    Lesson(LessonMsg),
    /// Something that concerns the files.
    Files(FilesMsg),
    /// Close a notice.
    DismissNotice(Notice),
    /// The page is being left.
    Leave,
    /// Hand the session over as a file.
    Export,
    /// Hand over the saved session that could not be read.
    ExportRescued,
}

/// What happens in a lesson.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LessonMsg {
    /// One step on.
    Next,
    /// One step back.
    Back,
    /// Choose an answer.
    Predict(usize),
    /// Show one more hint.
    Hint,
    /// Run the step's commands.
    Run,
    /// To where the step began.
    Again,
}

/// The colours of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// A tab of the dock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DockTab {
    /// The terminal.
    #[default]
    Terminal,
    /// The event log.
    Events,
    /// The files.
    Files,
    /// The stories, and what differs between them.
    Branches,
}

/// A panel that folds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Panel {
    /// The lesson.
    Lesson,
    /// The inspector.
    Inspector,
    /// The dock.
    Dock,
}
