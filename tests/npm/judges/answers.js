// @ts-check
// Our answers, as the providers' own builders write them. Checked against the libraries' types as well: an attribute
// that a builder doesn't know, or of another type, is an error. `hooks` is where our webhooks are.
'use strict';
const { Voice } = require('@sinch/sdk-core');
const { Connect, Input, NCCOBuilder, Talk } = require('@vonage/voice');
const plivo = require('plivo');
const MessagingResponse = require('twilio/lib/twiml/MessagingResponse');
const VoiceResponse = require('twilio/lib/twiml/VoiceResponse');

const SORRY = 'This number cannot be reached from your phone.';

/**
 * @typedef {{action: 'connect'|'forward'|'digits'|'announce'|'reject', callee: string, show: string, ring_s: number,
 *   max_s: number, hooks: string, call_id: string, pin_digits: number, again: boolean}} Decision
 */

/** @param {Decision} decision */
function prompt(decision) {
  return decision.again ? 'That code is not right. Please try again, then press the hash key.'
    : 'Please enter your code, then press the hash key.';
}

/** @param {string} number */
function digits(number) {
  return number.slice(1);
}

/** @param {Decision} decision */
function twilio(decision) {
  const response = new VoiceResponse();
  const status = decision.hooks + 'status';
  if (decision.action === 'connect' || decision.action === 'forward') {
    response.dial({ callerId: decision.show, timeout: decision.ring_s, timeLimit: decision.max_s, answerOnBridge: true,
      action: status, method: 'POST' })
      .number({ statusCallback: status, statusCallbackEvent: ['answered', 'completed'], statusCallbackMethod: 'POST' },
        decision.callee);
  } else if (decision.action === 'digits') {
    response.gather({ numDigits: decision.pin_digits, finishOnKey: '#', timeout: 10, action: decision.hooks + 'voice',
      method: 'POST' }).say(prompt(decision));
    response.hangup();
  } else if (decision.action === 'announce') {
    response.say(SORRY);
    response.hangup();
  } else {
    response.reject({ reason: 'rejected' });
  }
  return response.toString();
}

/** @param {Decision} decision */
function plivoXml(decision) {
  const response = plivo.Response();
  const status = decision.hooks + 'status';
  if (decision.action === 'connect' || decision.action === 'forward') {
    const shown = digits(decision.show);
    response.addDial({ callerId: shown, callerName: shown, timeout: decision.ring_s, timeLimit: decision.max_s,
      action: status, method: 'POST', callbackUrl: status, callbackMethod: 'POST' }).addNumber(digits(decision.callee));
  } else if (decision.action === 'digits') {
    response.addGetDigits({ action: decision.hooks + 'voice', method: 'POST', numDigits: decision.pin_digits,
      finishOnKey: '#', timeout: 10, digitTimeout: 5, retries: 1, log: 'false' }).addSpeak(prompt(decision));
    response.addHangup();
  } else if (decision.action === 'announce') {
    response.addSpeak(SORRY);
    response.addHangup();
  } else {
    response.addHangup({ reason: 'rejected' });
  }
  return response.toXML();
}

/** @param {Decision} decision */
function vonage(decision) {
  const ncco = new NCCOBuilder();
  if (decision.action === 'connect' || decision.action === 'forward') {
    const events = decision.hooks + 'status?call=' + encodeURIComponent(decision.call_id);
    ncco.addAction(new Connect({ type: 'phone', number: digits(decision.callee) }, digits(decision.show), undefined,
      undefined, decision.ring_s, decision.max_s, undefined, events, 'POST'));
  } else if (decision.action === 'digits') {
    ncco.addAction(new Talk(prompt(decision), true));
    ncco.addAction(new Input({ timeOut: 10, maxDigits: decision.pin_digits, submitOnHash: true }, undefined,
      decision.hooks + 'voice', 'POST'));
  } else if (decision.action === 'announce') {
    ncco.addAction(new Talk(SORRY));
  }
  return JSON.stringify(ncco.build());
}

/** @param {Decision} decision */
function sinch(decision) {
  const svaml = new Voice.IceSvamletBuilder();
  if (decision.action === 'connect' || decision.action === 'forward') {
    svaml.setAction(Voice.svamlActionHelper.buildConnectPstn({ number: decision.callee, cli: decision.show,
      maxDuration: decision.max_s, dialTimeout: decision.ring_s, locale: 'en-US', suppressCallbacks: false }));
    return JSON.stringify({ ...svaml.build(), instructions: [] });
  }
  svaml.setAction(Voice.svamlActionHelper.buildHangup());
  if (decision.action === 'announce') svaml.addInstruction(Voice.svamlInstructionHelper.buildSay(SORRY, 'en-US'));
  return JSON.stringify(svaml.build());
}

/**
 * @typedef {{to: string, shown: string, text: string, ref: string, hooks: string}} Text a text that goes on; `to` "": none
 */

/** @param {Text} text */
function reports(text) {
  return text.hooks + 'sms/status?of=' + encodeURIComponent(text.ref);
}

/** @param {Text} text */
function twilioText(text) {
  const response = new MessagingResponse();
  const told = text.hooks ? { action: reports(text), method: 'POST' } : {};
  if (text.to) response.message({ to: text.to, from: text.shown, ...told }, text.text);
  return response.toString();
}

/** @param {Text} text */
function plivoText(text) {
  const response = plivo.Response();
  const told = text.hooks ? { callbackUrl: reports(text), callbackMethod: 'POST' } : {};
  if (text.to) response.addMessage(text.text, { src: digits(text.shown), dst: digits(text.to), type: 'sms', ...told });
  return response.toXML();
}

module.exports = {
  calls: { twilio, plivo: plivoXml, vonage, sinch },
  texts: { twilio: twilioText, plivo: plivoText },
};
