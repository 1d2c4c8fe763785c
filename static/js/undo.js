// The undo button counts down, then goes: the server would refuse it. The vote page's own script starts it anew after a vote.
let undoing = 0;

const countDown = (leave = () => {}) => {
  clearInterval(undoing);
  const button = document.querySelector("[data-seconds]");
  if (!button) return;
  let seconds = Number(button.dataset.seconds);
  const tell = () => {
    button.querySelector(".mute").textContent = `${seconds} s`;
    if (seconds-- > 0) return;
    clearInterval(undoing);
    if (document.activeElement === button) leave();
    button.remove();
  };
  tell();
  undoing = setInterval(tell, 1000);
};
countDown();
