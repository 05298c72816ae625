// Comforts only: every page works without this file.
import { initAll } from '/static/govuk/govuk-frontend.min.js'

initAll()

const words = (minutes) => {
  const size = Math.abs(minutes)
  const hours = Math.floor(size / 60)
  const rest = size % 60
  const parts = []
  if (hours) parts.push(`${hours} hour${hours === 1 ? '' : 's'}`)
  if (rest || !hours) parts.push(`${rest} minute${rest === 1 ? '' : 's'}`)
  return `${parts.join(' ')} ${minutes < 0 ? 'late' : 'left'}`
}

// A countdown keeps counting between two loads of the page, by the server's clock.
const shown = document.querySelectorAll('[data-due]')
const loadedAt = Date.now()
const serverNow = Number(document.body.dataset.now)
const tick = () => {
  const now = serverNow + (Date.now() - loadedAt)
  for (const countdown of shown) {
    const minutes = Math.floor((Date.parse(countdown.dataset.due) - now) / 60000)
    countdown.textContent = words(minutes)
    countdown.classList.toggle('app-countdown--late', minutes < 0)
    countdown.classList.toggle('app-countdown--soon', minutes >= 0 && minutes < 30)
  }
}
if (shown.length && serverNow) setInterval(tick, 5000)

// The board loads itself anew, but never under a finger or a keyboard.
const board = document.querySelector('[data-refresh]')
if (board) {
  setInterval(() => {
    const busy = document.hidden || document.querySelector('button:focus, a:focus, summary:focus')
    if (!busy) window.location.reload()
  }, Number(board.dataset.refresh) * 1000)
}

// What was taken back or changed leaves an open screen within a minute. Where the service cannot be
// asked, the screen is covered until it can.
const watched = document.querySelector('[data-watch]')
if (watched) {
  const main = document.querySelector('main')
  let answeredAt = Date.now()
  const cover = (text) => {
    main.textContent = ''
    const line = document.createElement('p')
    line.className = 'govuk-body-l'
    line.textContent = text
    main.append(line)
  }
  const ask = async () => {
    // An answer tells of the moment it was asked for: on a slow line it may come much later.
    const askedAt = Date.now()
    try {
      const answer = await fetch(watched.dataset.watch, { cache: 'no-store', redirect: 'manual' })
      if (answer.status === 204) {
        answeredAt = Math.max(answeredAt, askedAt)
      } else if (answer.status < 500) {
        cover('This is no longer shown here.')
        window.location.replace(window.location.pathname)
      }
    } catch {
      // No connection: the age of the last answer decides.
    }
    if (Date.now() - answeredAt > 45000) cover('Covered: there is no connection. Load the page again.')
  }
  setInterval(ask, 15000)
  document.addEventListener('visibilitychange', ask)
  window.addEventListener('pageshow', ask)
}
