//! The application: the one component that owns the session.

use super::browser::{self, Slot};
use super::complete::Offer;
use super::dock::{DockView, Entry, dock};
use super::files::Files;
use super::header::header;
use super::icon::{Icon, draw};
use super::inspector::Inspector;
use super::learn::Learning;
use super::lesson::{LessonPanel, LessonView};
use super::msg::{DockTab, Msg, Panel, Theme};
use super::notice::{Notice, notice_bar};
use super::play::{Ahead, Playing};
use super::quick::Quick;
use super::route::Route;
use super::stage::{Stage, stage};
use super::transport::{Transport, transport};
use super::work::Waiting;
use super::world::{USUAL, open_lab, open_lesson};
use crate::base::SimTime;
use crate::command::Terminal;
use crate::lesson::{self, Lesson};
use crate::sim::Session;
use crate::trace::Trace;
use crate::view::geometry::Layout;
use crate::view::narrate::Names;
use crate::view::stories::{DiffView, StoriesView};
use crate::view::timeline::{Speed, Track};
use crate::view::{Frame, Inspection, Projector, Selection};
use gloo::events::EventListener;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::ResizeObserver;
use yew::prelude::*;

/// What the page remembers besides the world.
pub struct App {
    pub(super) session: Session,
    pub(super) projector: Projector,
    /// The farthest moment of this story that has been shown; what lies beyond it is not told yet.
    pub(super) seen: SimTime,
    /// When something visible happens next, as far as it has been looked up.
    pub(super) ahead: Option<Ahead>,
    pub(super) terminal: Terminal,
    /// The typed command that waits, and its entry in the terminal.
    pub(super) typed: Option<Waiting>,
    pub(super) typed_entry: u32,
    /// Whether it is a tool, and until when time goes on once a tool has its answer.
    pub(super) typed_tool: bool,
    pub(super) rest: Option<SimTime>,
    /// Whether time goes on when nothing waits any more.
    pub(super) plays_on: bool,
    /// The lesson under way, and the lab's world while the lesson's is shown.
    pub(super) learning: Option<Learning>,
    pub(super) lab: Option<Session>,
    /// The world at the moment shown, as data.
    pub(super) frame: Rc<Frame>,
    pub(super) layout: Rc<Layout>,
    pub(super) names: Rc<Names>,
    /// All events of this branch, the known future included, and the track that they are drawn on.
    pub(super) known: Rc<Trace>,
    pub(super) track: Rc<Track>,
    /// The stories of this session, and two of them compared.
    pub(super) stories: Rc<StoriesView>,
    pub(super) diff: Option<Rc<DiffView>>,
    pub(super) selection: Option<Selection>,
    pub(super) inspection: Option<Rc<Inspection>>,
    pub(super) playing: Option<Playing>,
    pub(super) scrubbing: bool,
    /// Nothing slides: the cursor is being dragged, or the room has just changed.
    pub(super) still: bool,
    pub(super) lapse: Option<u64>,
    pub(super) speed: Speed,
    pub(super) room: (f64, f64),
    pub(super) route: Route,
    pub(super) lesson: Option<Rc<LessonView>>,
    pub(super) catalog: Rc<Vec<Rc<Lesson>>>,
    pub(super) theme: Theme,
    pub(super) tab: DockTab,
    pub(super) files: Files,
    pub(super) side: Panel,
    pub(super) folded: Vec<Panel>,
    pub(super) as_table: bool,
    pub(super) entries: Rc<Vec<Rc<Entry>>>,
    pub(super) offers: Rc<Vec<Offer>>,
    pub(super) next_entry: u32,
    pub(super) notices: Vec<Notice>,
    /// What the live region says, and the newest event that it has said.
    pub(super) said: AttrValue,
    pub(super) said_until: u64,
    pub(super) said_at: f64,
    pub(super) send: Callback<Msg>,
    stage_room: NodeRef,
    observer: Option<(ResizeObserver, Closure<dyn FnMut()>)>,
    _listeners: Vec<EventListener>,
}

impl Component for App {
    type Message = Msg;
    type Properties = ();

    fn create(ctx: &Context<Self>) -> Self {
        let send = ctx.link().callback(|msg| msg);
        let theme = match browser::kept(Slot::Theme).as_deref() {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::System,
        };
        browser::paint(theme);
        let speed =
            browser::kept(Slot::Speed).and_then(|text| text.parse().ok()).map_or_else(Speed::default, Speed::new);
        let route = Route::parse(&browser::hash());
        let (session, learning, fresh, notices) = arrive(&route);
        let mut app = App {
            projector: Projector::default(),
            seen: SimTime::ZERO,
            ahead: None,
            frame: Rc::default(),
            layout: Rc::default(),
            names: Rc::default(),
            known: Rc::default(),
            track: Rc::default(),
            stories: Rc::default(),
            diff: None,
            selection: None,
            inspection: None,
            playing: None,
            scrubbing: false,
            still: true,
            lapse: None,
            speed,
            room: (784.0, 560.0),
            route: route.clone(),
            lesson: None,
            catalog: Rc::new(lesson::catalog().unwrap_or_default()),
            theme,
            tab: DockTab::default(),
            files: Files::default(),
            side: Panel::Lesson,
            folded: folded(),
            as_table: false,
            entries: Rc::new(greeting(fresh)),
            offers: Rc::default(),
            next_entry: 2,
            notices,
            said: AttrValue::default(),
            said_until: session.cluster().trace().len(),
            said_at: 0.0,
            stage_room: NodeRef::default(),
            observer: None,
            _listeners: listeners(&send),
            send,
            session,
            terminal: Terminal::default(),
            typed: None,
            typed_entry: 0,
            typed_tool: false,
            rest: None,
            plays_on: false,
            learning,
            lab: None,
        };
        app.forget_future_and_redraw();
        app.refresh();
        app.enter(route);
        super::bench::install(&app.send);
        app
    }

    fn update(&mut self, _: &Context<Self>, msg: Msg) -> bool {
        self.handle(msg)
    }

    fn view(&self, _: &Context<Self>) -> Html {
        let lab = self.route == Route::Lab;
        let class = classes!(
            "app",
            lab.then_some("lab"),
            self.is_folded(Panel::Lesson).then_some("no-lesson"),
            self.is_folded(Panel::Inspector).then_some("no-inspector"),
            self.is_folded(Panel::Dock).then_some("no-dock"),
            (self.side == Panel::Inspector || lab).then_some("side-inspector"),
            self.still.then_some("still"),
            self.inspection.is_some().then_some("picked"),
            self.shows_files().then_some("with-files"),
            self.files_grown().then_some("files-grown")
        );
        html! {
            <div {class}>
                { header(&self.route, self.theme, &self.send) }
                <div class="notices" aria-live="polite">
                    { for self.notices.iter().map(|notice| notice_bar(notice, &self.send)) }
                </div>
                { self.side_panels(lab) }
                <main class="main">
                    <div class="main-top">
                        { self.unfolders(lab) }
                        <Quick frame={self.frame.clone()} selection={self.selection.clone()} as_table={self.as_table}
                            in_lesson={self.in_lesson()} send={self.send.clone()} />
                    </div>
                    <div class="stage" ref={self.stage_room.clone()}>
                        { self.stage() }
                    </div>
                </main>
                { self.transport() }
                { dock(&self.dock()) }
                <div class="sr-only" role="status" aria-live="polite">{ self.said.clone() }</div>
            </div>
        }
    }

    fn rendered(&mut self, _: &Context<Self>, first: bool) {
        if first {
            self.observe_room();
            browser::forget(Slot::Opening);
        }
    }
}

impl App {
    pub(super) fn is_folded(&self, panel: Panel) -> bool {
        self.folded.contains(&panel)
    }

    fn dock(&self) -> DockView {
        DockView {
            tab: self.tab,
            folded: self.is_folded(Panel::Dock),
            entries: self.entries.clone(),
            offers: self.offers.clone(),
            waiting: self.typed.is_some(),
            trace: self.known.clone(),
            now: self.log_now(),
            until: self.log_until(),
            names: self.names.clone(),
            files: self.shows_files().then(|| self.files_view()),
            grown: self.files_grown(),
            stories: self.stories.clone(),
            diff: self.diff.clone(),
            here: if self.tab == DockTab::Branches { self.session.now() } else { SimTime::ZERO },
            send: self.send.clone(),
        }
    }

    fn stage(&self) -> Html {
        stage(&Stage {
            frame: &self.frame,
            layout: &self.layout,
            now: self.session.now(),
            selection: &self.selection,
            as_table: self.as_table,
            send: &self.send,
        })
    }

    fn transport(&self) -> Html {
        transport(&Transport {
            track: &self.track,
            stories: &self.stories,
            now: self.session.now(),
            playing: self.playing.is_some(),
            speed: self.speed,
            lapse: self.lapse,
            width: self.track_width(),
            send: &self.send,
        })
    }

    /// The lesson and the inspector; where there is room for one only, tabs choose which.
    fn side_panels(&self, lab: bool) -> Html {
        let tab = |panel: Panel, name: &'static str| {
            let on = self.side == panel;
            html! {
                <button role="tab" aria-selected={on.to_string()} class={classes!("side-tab", on.then_some("on"))}
                    onclick={self.send.reform(move |_| Msg::Side(panel))}>{ name }</button>
            }
        };
        html! {
            <>
                if !lab {
                    <div class="side-tabs" role="tablist">{ tab(Panel::Lesson, "수업") }{ tab(Panel::Inspector, "살펴보기") }</div>
                    <LessonPanel lesson={self.lesson.clone()} catalog={self.catalog.clone()} send={self.send.clone()} />
                }
                <Inspector inspection={self.inspection.clone()} selection={self.selection.clone()} send={self.send.clone()} />
            </>
        }
    }

    /// Buttons that bring folded panels back.
    fn unfolders(&self, lab: bool) -> Html {
        let button = |panel: Panel, name: &'static str, icon: Icon| {
            html! {
                <button class={classes!("btn", "small", "quiet", "unfold", (panel == Panel::Inspector).then_some("of-inspector"))} onclick={self.send.reform(move |_| Msg::Fold(panel))}>{ draw(icon) }{ name }</button>
            }
        };
        html! {
            <>
                if !lab && self.is_folded(Panel::Lesson) { { button(Panel::Lesson, "수업", Icon::Right) } }
                if self.is_folded(Panel::Inspector) { { button(Panel::Inspector, "살펴보기", Icon::Left) } }
            </>
        }
    }

    /// The event log takes the moment only while it is in sight.
    fn log_now(&self) -> SimTime {
        let last = self.session.cluster().trace().len().checked_sub(1);
        let seen = self.tab == DockTab::Events && !self.is_folded(Panel::Dock);
        let event = last.filter(|_| seen).and_then(|seq| self.session.cluster().trace().get(seq));
        event.map_or(SimTime::ZERO, |event| event.at)
    }

    /// How far the event log tells, likewise.
    fn log_until(&self) -> SimTime {
        if self.tab == DockTab::Events { self.seen } else { SimTime::ZERO }
    }

    fn track_width(&self) -> f64 {
        let (width, _) = self.room;
        if width < 600.0 { (width - 32.0).max(200.0) } else { (width - 330.0).max(200.0) }
    }

    /// Watches the room that the stage has.
    fn observe_room(&mut self) {
        let Some(room) = self.stage_room.cast::<web_sys::Element>() else { return };
        let (send, measured) = (self.send.clone(), room.clone());
        let measure = Closure::<dyn FnMut()>::new(move || {
            send.emit(Msg::Room(f64::from(measured.client_width()), f64::from(measured.client_height())));
        });
        if let Ok(observer) = ResizeObserver::new(measure.as_ref().unchecked_ref()) {
            observer.observe(&room);
            self.observer = Some((observer, measure));
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if let Some((observer, _)) = &self.observer {
            observer.disconnect();
        }
    }
}

/// The world that the address leads to: a lesson's, or the lab's; whether the lab's is fresh; and what there is to say.
fn arrive(route: &Route) -> (Session, Option<Learning>, bool, Vec<Notice>) {
    let lesson = match route {
        Route::Lesson(id) => open_lesson(id),
        Route::Lab | Route::Lessons => None,
    };
    match lesson {
        Some((learning, session, notice)) => (session, Some(learning), false, notice.into_iter().collect()),
        None => {
            let (session, fresh, notice) = open_lab();
            (session, None, fresh, notice.into_iter().collect())
        }
    }
}

/// What stands in the terminal at first: how to use it, and how the first cluster was made.
fn greeting(fresh: bool) -> Vec<Rc<Entry>> {
    let mut entries = vec![Rc::new(Entry::greeting())];
    if fresh {
        entries.push(Rc::new(Entry { id: 1, command: USUAL.into(), lines: Vec::new() }));
    }
    entries
}

fn folded() -> Vec<Panel> {
    let names = browser::kept(Slot::Folded).unwrap_or_default();
    let panels = [("lesson", Panel::Lesson), ("inspector", Panel::Inspector), ("dock", Panel::Dock)];
    panels.into_iter().filter(|(name, _)| names.contains(name)).map(|(_, panel)| panel).collect()
}

/// The browser's events that concern the whole page: the address, keys that no field takes, the window's size.
fn listeners(send: &Callback<Msg>) -> Vec<EventListener> {
    let Some(window) = browser::window() else { return Vec::new() };
    let routes = send.clone();
    let hash =
        EventListener::new(&window, "hashchange", move |_| routes.emit(Msg::Route(Route::parse(&browser::hash()))));
    let keys = send.clone();
    let key = EventListener::new(&window, "keydown", move |event| {
        let Some(event) = event.dyn_ref::<web_sys::KeyboardEvent>() else { return };
        if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() || typing(event) {
            return;
        }
        match event.key().as_str() {
            " " => keys.emit(Msg::TogglePlay),
            "." => keys.emit(Msg::Step),
            "," => keys.emit(Msg::StepBack),
            "Escape" => keys.emit(Msg::Interrupt),
            _ => {}
        }
    });
    let sizes = send.clone();
    let size = EventListener::new(&window, "resize", move |_| sizes.emit(Msg::Resized));
    let leave = send.clone();
    let leave = EventListener::new(&window, "pagehide", move |_| leave.emit(Msg::Leave));
    vec![hash, key, size, leave]
}

/// Whether a key belongs to the element that has the focus.
fn typing(event: &web_sys::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let own = "input,select,textarea,button,a,[role=slider],[role=log],summary";
    target.is_some_and(|element| element.matches(own).unwrap_or(false) && event.key() != "Escape")
}
