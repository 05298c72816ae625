// Comforts only: every page works without this file.
import { initAll } from '/static/govuk/govuk-frontend.min.js'

initAll()

// What this file may have to say, in the language of the page.
const said = JSON.parse(document.body.dataset.words ?? '{}')
// The forms of a language are for 0, 1, 2, 3, 6 and any other number.
const counted = (count, forms) => forms[{ 0: 0, 1: 1, 2: 2, 3: 3, 6: 4 }[count] ?? 5].replace('#', count)
const words = (minutes) => {
  const size = Math.abs(minutes)
  const hours = Math.floor(size / 60)
  const rest = size % 60
  const parts = []
  if (hours) parts.push(counted(hours, said.hours))
  if (rest || !hours) parts.push(counted(rest, said.minutes))
  return (minutes < 0 ? said.late : said.left).replace('#', parts.join(' '))
}

// A countdown keeps counting between two loads of the page, by the server's clock.
let loadedAt = Date.now()
let serverNow = Number(document.body.dataset.now)
const tick = () => {
  const now = serverNow + (Date.now() - loadedAt)
  for (const countdown of document.querySelectorAll('[data-due]')) {
    const minutes = Math.floor((Date.parse(countdown.dataset.due) - now) / 60000)
    countdown.textContent = words(minutes)
    countdown.classList.toggle('app-countdown--late', minutes < 0)
    countdown.classList.toggle('app-countdown--soon', minutes >= 0 && minutes < 30)
  }
}
if (serverNow) setInterval(tick, 5000)

// The board renews itself, as soon as something changed and now and then: what is open stays open,
// the keyboard stays where it is, and nothing moves under a finger. Nobody stays signed in by it.
const board = document.querySelector('[data-refresh]')
if (board) {
  const status = document.createElement('p')
  status.className = 'govuk-visually-hidden'
  status.setAttribute('role', 'status')
  document.body.append(status)
  const main = () => document.querySelector('main')
  const state = () => [...document.querySelectorAll('.app-state')].map((one) => one.textContent.trim().replace(/\s+/g, ' ')).join('. ')
  // By what it does or says, whatever it counts, and by which of several it is.
  const key = (one) => `${one.tagName} ${one.getAttribute('href') ?? one.form?.getAttribute('action') ?? one.textContent.replace(/[\d\s]+/g, '')}`
  const place = (one) => [key(one), [...main().querySelectorAll(one.tagName)].filter((each) => key(each) === key(one)).indexOf(one)]
  const find = ([wanted, which]) => [...main().querySelectorAll(wanted.split(' ')[0])].filter((one) => key(one) === wanted)[which]
  let stale = false
  let renewedAt = Date.now()
  const renew = async () => {
    if (document.hidden || document.querySelector('main :active, main input:focus, main select:focus')) return
    stale = false
    renewedAt = Date.now()
    try {
      const answer = await fetch(window.location.href, { cache: 'no-store', redirect: 'manual', signal: AbortSignal.timeout(30000), headers: { 'X-By-Itself': 'yes' } })
      if (answer.status >= 500) return
      if (!answer.ok) return window.location.reload()
      const anew = new DOMParser().parseFromString(await answer.text(), 'text/html')
      const before = state()
      const focus = main().contains(document.activeElement) ? place(document.activeElement) : null
      const open = [...main().querySelectorAll('details[open] > summary')].map(place)
      main().replaceWith(document.adoptNode(anew.querySelector('main')))
      serverNow = Number(anew.body.dataset.now)
      loadedAt = Date.now()
      initAll({ scope: main() })
      for (const one of open) find(one)?.parentElement.setAttribute('open', '')
      if (focus) {
        // What had the keyboard may be gone: the page goes on from its main part, not from the top.
        main().setAttribute('tabindex', '-1')
        main().classList.add('govuk-skip-link-focused-element')
        const there = find(focus) ?? main()
        there.focus({ preventScroll: true })
      }
      if (state() !== before) status.textContent = state()
    } catch {
      stale = true
    }
  }
  const changed = () => { stale = true }
  setInterval(() => {
    if (stale || Date.now() - renewedAt > Number(board.dataset.refresh) * 1000) renew()
  }, 1000)
  const stream = new EventSource(board.dataset.live)
  stream.addEventListener('changed', changed)
  stream.addEventListener('ended', () => window.location.reload())
  // Refused for good when it came back, as after a sign-out elsewhere: the page finds out why.
  stream.addEventListener('error', () => { if (stream.readyState === EventSource.CLOSED) changed() })
}

// Two minutes before a sign-in ends it says so, and one press makes it longer: what was typed stays.
// The server is asked first, since another page of the same browser may have made it longer.
const stay = document.querySelector('[data-stay]')
if (stay) {
  const line = stay.querySelector('[role=status]')
  const button = stay.querySelector('button')
  const WARN = 120
  const later = (seconds) => setTimeout(look, Math.max(seconds, 1) * 1000)
  const show = ({ seconds, may_stay: mayStay }) => {
    if (seconds <= 0) window.location.replace('/sign-in')
    const soon = seconds <= WARN
    if (soon && !stay.classList.contains('app-stay--soon')) line.textContent = mayStay ? said.soon : said.last
    if (!soon && line.textContent) line.textContent = said.stays
    stay.classList.toggle('app-stay--soon', soon)
    button.hidden = !soon || !mayStay
    return soon ? Math.min(seconds + 1, 15) : seconds - WARN
  }
  const ask = async (options) => {
    try {
      const answer = await fetch(stay.dataset.stay, { cache: 'no-store', redirect: 'manual', signal: AbortSignal.timeout(10000), ...options })
      if (answer.ok) return show(await answer.json())
      // Not signed in any more, unless the service itself is in trouble.
      if (answer.status < 500) return show({ seconds: 0 })
    } catch {
      // No connection: nothing is known, and nothing typed may be lost.
    }
    return 15
  }
  const look = async () => later(await ask())
  button.addEventListener('click', () => {
    const token = document.querySelector('[name=form_token]').value
    ask({ method: 'POST', body: new URLSearchParams({ form_token: token }) })
  })
  later(Number(stay.dataset.seconds) - WARN)
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
      const answer = await fetch(watched.dataset.watch, { cache: 'no-store', redirect: 'manual', signal: AbortSignal.timeout(10000) })
      if (answer.status === 204) {
        answeredAt = Math.max(answeredAt, askedAt)
      } else if (answer.status < 500) {
        cover(said.gone)
        window.location.replace(window.location.pathname)
      }
    } catch {
      // No connection: the age of the last answer decides.
    }
    coverUnanswered()
  }
  const coverUnanswered = () => {
    if (Date.now() - answeredAt >= 45000) cover(said.covered)
  }
  const look = () => {
    // Before asking: a question that is never answered must not keep the screen as it is.
    coverUnanswered()
    ask()
  }
  setInterval(look, 15000)
  document.addEventListener('visibilitychange', look)
  window.addEventListener('pageshow', look)
}
