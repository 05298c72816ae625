// Passkeys: asks the browser for one and sends its answer with the form. Without this file, or in a
// browser that knows none, the form stays hidden: a password and a code do.
const bytes = (text) => {
  const base64 = text.replace(/-/g, '+').replace(/_/g, '/')
  return Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))
}
const text = (buffer) => {
  const all = Array.from(new Uint8Array(buffer), (one) => String.fromCharCode(one)).join('')
  return btoa(all).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}
const listed = (credentials) =>
  (credentials ?? []).map((one) => ({ type: one.type, id: bytes(one.id) }))

const readable = (options) => ({
  ...options,
  challenge: bytes(options.challenge),
  ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
  ...(options.excludeCredentials && { excludeCredentials: listed(options.excludeCredentials) }),
  ...(options.allowCredentials && { allowCredentials: listed(options.allowCredentials) }),
})

// The form in which WebAuthn Level 3 writes an answer as JSON; older browsers cannot do it themselves.
const written = ({ id, rawId, type, authenticatorAttachment, response }) => {
  const answer = { clientDataJSON: text(response.clientDataJSON) }
  for (const part of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (response[part]) answer[part] = text(response[part])
  }
  return JSON.stringify({
    id, rawId: text(rawId), type, authenticatorAttachment, response: answer, clientExtensionResults: {},
  })
}

// Which words of the form, in the language of the page, go with what a browser refuses.
const PROBLEMS = { InvalidStateError: 'exists', NotAllowedError: 'unused' }

const ask = async (form) => {
  const reply = await fetch(form.dataset.options, {
    method: 'POST', body: new URLSearchParams({ form_token: form.elements.form_token.value }),
    redirect: 'manual', cache: 'no-store',
  })
  if (!reply.ok) throw new Error(JSON.parse(form.dataset.words).old)
  const publicKey = readable(await reply.json())
  return navigator.credentials[form.dataset.passkey]({ publicKey })
}

for (const form of document.querySelectorAll('[data-passkey]')) {
  if (!window.PublicKeyCredential || !navigator.credentials) break
  form.hidden = false
  for (const line of document.querySelectorAll('[data-no-passkey]')) line.hidden = true
  const problem = form.querySelector('[data-passkey-problem]')
  const button = form.querySelector('button')
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    problem.textContent = ''
    button.disabled = true
    try {
      form.elements.answer.value = written(await ask(form))
      form.submit()
    } catch (error) {
      problem.textContent = JSON.parse(form.dataset.words)[PROBLEMS[error.name]] ?? error.message
      button.disabled = false
    }
  })
}
