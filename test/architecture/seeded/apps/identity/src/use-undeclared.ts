import send from 'fast-querystring';

export const imported = send;
