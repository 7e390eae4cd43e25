// Until the page has started, tells in words when it cannot: an old browser, a lost connection, a broken file.
(() => {
  const say = (text) => {
    const words = document.querySelector(".boot-words");
    if (words) words.textContent = text;
  };
  const slow = setTimeout(
    () => say("아직 불러오고 있어요. 연결이 느리면 조금 더 걸릴 수 있어요."), 10000);
  const fail = (event) => {
    // A picture or a font that does not load does not stop the page.
    if (event.target instanceof Element && event.target.tagName !== "SCRIPT") return;
    clearTimeout(slow);
    say("페이지를 시작하지 못했어요. 새로고침해 보고, 그래도 안 되면 최신 브라우저로 열어 주세요.");
  };
  if (typeof WebAssembly === "undefined") return addEventListener("DOMContentLoaded", fail);
  addEventListener("error", fail, true);
  addEventListener("unhandledrejection", fail);
  addEventListener("TrunkApplicationStarted", () => {
    clearTimeout(slow);
    removeEventListener("error", fail, true);
    removeEventListener("unhandledrejection", fail);
  }, { once: true });
})();
